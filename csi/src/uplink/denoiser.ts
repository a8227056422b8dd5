import type { CsiShape } from '../csi.ts';
import { requireCount } from '../errors.ts';

/** Takes the noise of its estimation out of uplink CSI. */
export interface UplinkDenoiser {
  /**
   * @param values - uplink CSI, planar `[2][numAntennas][numDelays]`
   * @returns the values themselves where no noise is to be seen in them; else memory that the next call writes over, all
   * zero where there is nothing but noise
   */
  denoise(values: Float32Array): Float32Array;
}

/** With fewer, a channel may fill any matrix, and nothing is taken for noise. */
const leastAntennas = 8;
const leastDelays = 16;
/** SNR from which on 32 x 32 matrices are left alone: noise-free channels look like that, or better. */
const cleanSnrDb = 24;
/** Decibels below that over which the threshold rises by the noise power of an entry. */
const slopeDb = 3;
/** Geometric mean of powers of noise over their mean: exp(-Euler's constant). */
const geometricMean = 0.5615;
/** Standard deviation of the logarithm of such a power: pi / sqrt(6). */
const logDeviation = 1.2825;

/**
 * Creates what denoises uplink CSI by its sparsity: few angles and delays hold the energy of a channel, and white noise is
 * spread evenly over all. Noise that a base band has shaped, by a window over delays, say, is told from the entries it has
 * left: what is exactly zero counts for nothing.
 *
 * The noise power s of an entry is told from the quietest quarter of the delays, by the geometric mean over their angles,
 * which a few paths hardly raise. An entry of power p is multiplied by max(0, 1 - k s / p): the Wiener gain where k = 1,
 * p being what signal and noise have together. k rises with the noise, from 0 where there is none to be seen: the more
 * of it there is, the more of what is left would be noise, and networks take any entry for a path. The constants were
 * fitted on the validation split, for models of all kinds.
 *
 * @throws RangeError where the shape is out of range.
 */
export function createUplinkDenoiser({ numAntennas, numDelays }: CsiShape): UplinkDenoiser {
  requireCount('numAntennas', numAntennas);
  requireCount('numDelays', numDelays);
  const numEntries = numAntennas * numDelays;
  const powers = new Float32Array(numEntries);
  // The bits of a float32, as an integer, are its logarithm but for a straight line between powers of two; 0 for 0.
  const logPowers = new Int32Array(powers.buffer);
  const logSums = new Float64Array(numDelays);
  const counts = new Int32Array(numDelays);
  const levels = new Float32Array(numDelays);
  const logLevels = new Int32Array(levels.buffer);
  const denoised = new Float32Array(2 * numEntries);
  // The quietest quarter lies about one deviation of a mean below what all delays have.
  const levelOfNoise = geometricMean * Math.exp(-logDeviation / Math.sqrt(numAntennas));
  // More antennas see as few paths, which fill less of the matrix.
  const limitDb = cleanSnrDb + 10 * Math.log10(numEntries / 1024);

  /** Writes `powers`, `logSums` and `counts`. @returns the energy of the matrix */
  const measure = (values: Float32Array): number => {
    let energy = 0;
    logSums.fill(0);
    counts.fill(0);
    for (let angle = 0, entry = 0; angle < numAntennas; angle++) {
      for (let delay = 0; delay < numDelays; delay++, entry++) {
        const re = values[entry] as number;
        const im = values[numEntries + entry] as number;
        const power = re * re + im * im;
        energy += power;
        powers[entry] = power;
        const log = logPowers[entry] as number;
        logSums[delay] = (logSums[delay] as number) + log;
        if (log > 0) counts[delay] = (counts[delay] as number) + 1;
      }
    }
    return energy;
  };

  /** Noise power of an entry; 0 where too few delays have any. */
  const noisePower = (): number => {
    let numLevels = 0;
    for (let delay = 0; delay < numDelays; delay++) {
      const count = counts[delay] as number;
      if (count > 0) logLevels[numLevels++] = (logSums[delay] as number) / count;
    }
    if (numLevels < leastDelays) return 0;
    const rising = levels.subarray(0, numLevels).sort();
    const numQuiet = Math.ceil(numLevels / 4);
    let sum = 0;
    for (let i = 0; i < numQuiet; i++) sum += rising[i] as number;
    return sum / numQuiet / levelOfNoise;
  };

  return {
    denoise(values) {
      if (values.length !== 2 * numEntries) {
        throw new RangeError(`values has ${values.length} entries, must have ${2 * numEntries}`);
      }
      if (numAntennas < leastAntennas || numDelays < leastDelays) return values;
      const energy = measure(values);
      // Values that are not finite are for whoever takes the matrix to refuse.
      if (!(energy > 0 && energy < Number.POSITIVE_INFINITY)) return values;
      const noise = noisePower();
      const factor = (limitDb - 10 * Math.log10(energy / (numEntries * noise))) / slopeDb;
      // Infinite where powers are beyond float32.
      if (!(factor > 0 && factor < Number.POSITIVE_INFINITY)) return values;
      const threshold = factor * noise;
      for (let entry = 0; entry < numEntries; entry++) {
        const power = powers[entry] as number;
        const gain = power > threshold ? 1 - threshold / power : 0;
        denoised[entry] = gain * (values[entry] as number);
        denoised[numEntries + entry] = gain * (values[numEntries + entry] as number);
      }
      return denoised;
    },
  };
}
