import { setImmediate as nextTurn } from 'node:timers/promises';
import { type AngularDelayCsi, nmseDb, squaredErrorRatio } from '@edge-csi/csi';
import type { Manifest } from '@edge-csi/models';
import { batchSize, type LinkSample, openTransceiver } from '../link/transceiver.ts';

/** Values of a scheme's run-time knobs, by name. */
export type Setting = Readonly<Record<string, number>>;

/** Takes one carried report: sample index, every bit on the wire, and the BS's estimate, valid during the call. */
type ReportSink = (index: number, bits: number, estimate: AngularDelayCsi) => void;

/** A way to report CSI, by a network, by paths or by another classical scheme, whose whole reports can be measured at any setting of its knobs. */
export interface Scheme {
  /** Model id, or a classical scheme's name. */
  readonly name: string;
  readonly family: 'network' | 'paths' | 'baseline';
  readonly settings: readonly Setting[];
  /** Carries samples from UE to BS, in order. */
  carry(samples: readonly LinkSample[], setting: Setting, onReport: ReportSink): Promise<void>;
}

/** Rate and accuracy of whole reports. */
export interface Measured {
  /** Mean bits of a whole report. */
  readonly bits: number;
  /** Complex NMSE, mean of the ratio. */
  readonly nmseDb: number;
}

/** Measures a scheme at one setting. */
export async function measureScheme(
  scheme: Scheme,
  samples: readonly LinkSample[],
  setting: Setting,
): Promise<Measured> {
  const errors: number[] = [];
  let total = 0;
  await scheme.carry(samples, setting, (index, bits, estimate) => {
    errors.push(squaredErrorRatio((samples[index] as LinkSample).downlink, estimate));
    total += bits;
  });
  return { bits: total / samples.length, nmseDb: nmseDb(errors) };
}

/** A model as a scheme, over the two knobs that a BS sets with Reconfigure. */
export interface NetworkScheme extends Scheme {
  close(): Promise<void>;
}

/** Least significant bits that each codeword component drops. */
/** Opens a model of a zoo as a scheme, refined as a BS would. */
export async function openNetworkScheme(manifest: Manifest, zoo: string): Promise<NetworkScheme> {
  const transceiver = await openTransceiver(manifest, zoo);
  return {
    name: manifest.id,
    family: 'network',
    settings: transceiver.sweep,
    carry: async (samples, setting: Setting, onReport) => {
      for (let start = 0; start < samples.length; start += batchSize) {
        const received = await transceiver.carry(samples.slice(start, start + batchSize), setting);
        for (const [i, { estimate, payloadBits }] of received.entries()) {
          onReport(start + i, payloadBits.total, estimate);
        }
      }
    },
    close: () => transceiver.close(),
  };
}

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
 * Measures every setting of a scheme and keeps those worth choosing, those on the Pareto front of bits and NMSE, by rising bits.
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
  const chosen = paretoFront(tried, ({ nmseDb }) => nmseDb);
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

/** Points that no other beats in both bits and cost, by rising bits: the Pareto front. */
export function paretoFront<P extends { readonly bits: number }>(
  points: readonly P[],
  costOf: (point: P) => number,
): P[] {
  const front: P[] = [];
  let least = Number.POSITIVE_INFINITY;
  for (const point of [...points].sort((a, b) => a.bits - b.bits || costOf(a) - costOf(b))) {
    if (!(costOf(point) < least)) continue;
    front.push(point);
    least = costOf(point);
  }
  return front;
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
