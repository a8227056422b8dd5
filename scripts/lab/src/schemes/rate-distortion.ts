import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LinkSample } from '../link/transceiver.ts';
import { type Measured, measureScheme, type Scheme, type Setting } from './scheme.ts';

/** One operating point of one scheme. */
export interface RatePoint extends Measured {
  /** Model id, or a classical scheme's name. */
  readonly scheme: string;
  readonly family: Scheme['family'];
  readonly setting: Setting;
  /** The same point on the samples that the setting was chosen on, where those are others. */
  readonly chosenAt?: Measured;
}

/** Samples that settings are chosen on, and samples that the chosen ones are measured on; the same array to do both. */
export interface SweepSamples {
  readonly select: readonly LinkSample[];
  readonly measure: readonly LinkSample[];
}

/**
 * Measures every setting of a scheme and keeps those worth choosing, as `lowerHull` has it, by rising bits.
 *
 * @throws AbortError where the signal is aborted: a curve with points missing is none.
 */
export async function sweep(
  scheme: Scheme,
  samples: SweepSamples,
  onProgress: (done: number) => void,
  signal?: AbortSignal,
): Promise<RatePoint[]> {
  const { name, family, settings } = scheme;
  const tried: RatePoint[] = [];
  for (const setting of settings) {
    // A classical scheme never leaves this turn of the event loop, and a signal would wait.
    await nextTurn();
    signal?.throwIfAborted();
    const measured = await measureScheme(scheme, samples.select, setting);
    tried.push({ scheme: name, family, ...measured, setting });
    onProgress(tried.length);
  }
  const chosen = lowerHull(tried);
  if (samples.measure === samples.select) return chosen;
  // In the order tried, so that a scheme that keeps work between neighbouring settings can.
  const points: RatePoint[] = [];
  for (const { setting, bits, nmseDb } of tried.filter((point) => chosen.includes(point))) {
    await nextTurn();
    signal?.throwIfAborted();
    const measured = await measureScheme(scheme, samples.measure, setting);
    points.push({ scheme: name, family, ...measured, setting, chosenAt: { bits, nmseDb } });
  }
  return points.sort((a, b) => a.bits - b.bits);
}

/** Points that no other point of the same scheme beats in both bits and NMSE, by rising bits. */
export function lowerHull(points: readonly RatePoint[]): RatePoint[] {
  const hull: RatePoint[] = [];
  for (const point of [...points].sort((a, b) => a.bits - b.bits || a.nmseDb - b.nmseDb)) {
    if (point.nmseDb < (hull.at(-1)?.nmseDb ?? Number.POSITIVE_INFINITY)) hull.push(point);
  }
  return hull;
}

/**
 * The most accurate point within a budget of total bits, `undefined` where nothing meets it. Accuracy is judged on the
 * samples the settings were chosen on; the budget has to hold there and where the point is measured.
 */
export function bestWithin(points: readonly RatePoint[], budget: number): RatePoint | undefined {
  const judged = (point: RatePoint) => point.chosenAt ?? point;
  return points
    .filter((point) => point.bits <= budget && judged(point).bits <= budget)
    .sort((a, b) => judged(a).nmseDb - judged(b).nmseDb)[0];
}
