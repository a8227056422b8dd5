import { type AngularDelayCsi, frobeniusNorm } from '../csi.ts';
import type { CsiSamples } from './csi-layout.ts';

/** How CSI is scaled: by a factor, or each UE's to a norm of 1, in each band apart, as the gain control of a receiver does. */
export type CsiScale = number | 'unit';

/** What decides on the scale of CSI. */
export interface GainOptions {
  /** As the data have it where absent, unless `normRangeDb` forbids. */
  readonly scale?: CsiScale;
  /** Norms that whoever asks can take, in dB. Where one of the downlink's is beyond, all CSI is scaled as by `unit`. */
  readonly normRangeDb?: readonly [min: number, max: number];
}

/** Where paths interfere, a norm is below that of their powers: fades of so much are reckoned with. */
const fadeDb = 10;

/** Both bands of a source, scaled, and a sentence where that was not asked for. */
export interface Scaled {
  readonly downlink: CsiSamples;
  readonly uplink: CsiSamples | undefined;
  readonly notes: readonly string[];
}

/**
 * Scales both bands of a source.
 *
 * @param owners - UE of each sample, `[numSamples]`: samples of one keep their levels among each other; without it, each has a UE of its own
 */
export function scaleBands(
  bands: Pick<Scaled, 'downlink' | 'uplink'>,
  { scale, normRangeDb }: GainOptions,
  owners: Float64Array | undefined,
): Scaled {
  const ue = owners && new Set(owners).size < owners.length ? owners : undefined;
  const each = (gained: (samples: CsiSamples) => CsiSamples, notes: readonly string[]): Scaled => {
    return { downlink: gained(bands.downlink), uplink: bands.uplink && gained(bands.uplink), notes };
  };
  if (typeof scale === 'number') return each((samples) => byFactor(samples, scale), []);
  if (scale === 'unit') return each((samples) => toUnit(samples, ue), []);
  const found = normRangeDb && rangeDb(bands.downlink);
  if (!normRangeDb || !found || (found[0] >= normRangeDb[0] + fadeDb && found[1] <= normRangeDb[1])) {
    return { ...bands, notes: [] };
  }
  const [lowest, highest] = found.map((db) => db.toFixed(1));
  return each(
    (samples) => toUnit(samples, ue),
    [
      `norms are ${lowest} to ${highest} dB: the CSI of each ${ue ? 'UE' : 'sample'} is scaled to norm 1, as gain control does; ` +
        'scale (--scale) says otherwise',
    ],
  );
}

/** Samples whose norm is looked at, evenly spaced. */
const MOST_SAMPLES = 4096;

/** Least and greatest norm in dB; undefined where no sample has one. */
function rangeDb({ numSamples, energyOf }: CsiSamples): [number, number] | undefined {
  let [least, greatest] = [Number.POSITIVE_INFINITY, 0];
  const count = Math.min(numSamples, MOST_SAMPLES);
  for (let i = 0; i < count; i++) {
    const energy = energyOf(Math.floor((i * numSamples) / count));
    // Samples of no use are refused by number, where they are used.
    if (!(energy > 0 && energy < Number.POSITIVE_INFINITY)) continue;
    least = Math.min(least, energy);
    greatest = Math.max(greatest, energy);
  }
  return greatest > 0 ? [10 * Math.log10(least), 10 * Math.log10(greatest)] : undefined;
}

function byFactor(samples: CsiSamples, factor: number): CsiSamples {
  return {
    ...samples,
    energyOf: (index) => factor * factor * samples.energyOf(index),
    at: (index) => times(samples.at(index), factor),
  };
}

function toUnit(samples: CsiSamples, ue: Float64Array | undefined): CsiSamples {
  if (ue === undefined) {
    return {
      ...samples,
      energyOf: () => 1,
      at: (index) => {
        const csi = samples.at(index);
        const norm = frobeniusNorm(csi.values);
        return norm > 0 && norm < Number.POSITIVE_INFINITY ? times(csi, 1 / norm) : csi;
      },
    };
  }
  const sums = new Map<number, { energy: number; count: number }>();
  for (let i = 0; i < samples.numSamples; i++) {
    const energy = samples.energyOf(i);
    if (!(energy > 0 && energy < Number.POSITIVE_INFINITY)) continue;
    const sum = sums.get(ue[i] as number) ?? { energy: 0, count: 0 };
    sum.energy += energy;
    sum.count++;
    sums.set(ue[i] as number, sum);
  }
  const gainOf = (index: number): number => {
    const sum = sums.get(ue[index] as number);
    return sum === undefined ? 1 : Math.sqrt(sum.count / sum.energy);
  };
  return {
    ...samples,
    energyOf: (index) => gainOf(index) ** 2 * samples.energyOf(index),
    at: (index) => times(samples.at(index), gainOf(index)),
  };
}

/** Scales a matrix that nobody else holds. */
function times(csi: AngularDelayCsi, factor: number): AngularDelayCsi {
  const { values } = csi;
  for (let i = 0; i < values.length; i++) values[i] = factor * (values[i] as number);
  return csi;
}
