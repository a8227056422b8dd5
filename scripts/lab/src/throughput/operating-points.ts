import { setImmediate as nextTurn } from 'node:timers/promises';
import type { LinkSample } from '../link/transceiver.ts';
import { paretoFront, type Scheme, type Setting } from '../schemes/scheme.ts';
import { type UnitChannel, unitChannel, zeroForcingRates } from './precoding.ts';

/** A setting of a scheme, and what it takes and gives. */
export interface OperatingPoint {
  readonly setting: Setting;
  /** Mean bits of a whole report. */
  readonly bits: number;
  /** Spectral efficiency of small groups of the samples by zero forcing, mean over groups and SNRs. */
  readonly rate: number;
}

/** UEs served at once. */
const groupSize = 4;
const snrs = [1, 10, 100];

/**
 * Measures every setting of a scheme and keeps those that no other beats in both bits and spectral efficiency, by rising bits:
 * the most accurate setting is not the one worth most, since NMSE is a mean that few poor estimates decide, and rates grow with
 * the logarithm.
 *
 * @throws AbortError where the signal is aborted.
 */
export async function operatingPoints(
  scheme: Scheme,
  samples: readonly LinkSample[],
  onProgress: (done: number) => void,
  signal: AbortSignal,
): Promise<OperatingPoint[]> {
  const tried: OperatingPoint[] = [];
  const truths = samples.map(({ downlink }) => unitChannel(downlink));
  for (const setting of scheme.settings) {
    // A classical scheme never leaves this turn of the event loop, and a signal would wait.
    await nextTurn();
    signal.throwIfAborted();
    tried.push({ setting, ...(await measure(scheme, setting, samples, truths)) });
    onProgress(tried.length);
  }
  return paretoFront(tried, ({ rate }) => -rate);
}

async function measure(
  scheme: Scheme,
  setting: Setting,
  samples: readonly LinkSample[],
  truths: readonly UnitChannel[],
): Promise<Pick<OperatingPoint, 'bits' | 'rate'>> {
  let totalBits = 0;
  const estimates: UnitChannel[] = [];
  await scheme.carry(samples, setting, (i, bits, estimate) => {
    totalBits += bits;
    estimates[i] = unitChannel(estimate);
  });
  let totalRate = 0;
  for (let start = 0; start < samples.length; start += groupSize) {
    const group = [start, start + groupSize] as const;
    const rates = zeroForcingRates(truths.slice(...group), estimates.slice(...group), snrs);
    totalRate += rates.reduce((sum, rate) => sum + rate, 0) / snrs.length;
  }
  return { bits: totalBits / samples.length, rate: totalRate / Math.ceil(samples.length / groupSize) };
}

/**
 * A scheme that takes a given mean number of bits by turning between two of its operating points: the last one that takes no
 * more, and the next. Reports alternate evenly, so that any stretch of them has about that mean.
 *
 * @param points - by rising bits, each more accurate than the one before
 * @returns `undefined` where every point takes more; the last point alone where every one takes less
 */
export function timeShared(
  scheme: Scheme,
  points: readonly Pick<OperatingPoint, 'setting' | 'bits'>[],
  bits: number,
): Scheme | undefined {
  const above = points.find((point) => point.bits > bits);
  const below = points.filter((point) => point.bits <= bits).at(-1);
  if (below === undefined) return undefined;
  const shareAbove = above === undefined ? 0 : (bits - below.bits) / (above.bits - below.bits);
  let reports = 0;
  return {
    name: scheme.name,
    family: scheme.family,
    settings: [{}],
    carry: async (samples, _, onReport) => {
      const isAbove = samples.map(() => {
        reports++;
        return Math.floor(reports * shareAbove) > Math.floor((reports - 1) * shareAbove);
      });
      const carry = async (setting: Setting, chosen: boolean) => {
        const indices = samples.flatMap((_, i) => (isAbove[i] === chosen ? [i] : []));
        const dealt = samples.filter((_, i) => isAbove[i] === chosen);
        await scheme.carry(dealt, setting, (i, size, estimate) => onReport(indices[i] as number, size, estimate));
      };
      await carry(below.setting, false);
      if (above !== undefined) await carry(above.setting, true);
    },
  };
}
