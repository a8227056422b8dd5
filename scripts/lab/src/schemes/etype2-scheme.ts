import { defaultSubbands, type SubbandDirections, subbandDirections } from '../metrics/subbands.ts';
import { createEType2Codebook, etype2Combinations, etype2Precoder } from './etype2/codebook.ts';
import { etype2Bits, packPmi, unpackPmi } from './etype2/pmi-bits.ts';
import { selectPmi } from './etype2/select.ts';
import type { Scheme } from './scheme.ts';

/** Antennas that the scheme is for. */
export const etype2Antennas = 32;

/**
 * The Rel-16 eType II codebook of rank 1, a setting a parameter combination, as a scheme that reports directions of 13 subbands. The
 * 32 antennas of a linear array are the ports: two halves of 16, (N1, N2) = (16, 1), as two polarisations are.
 *
 * Bits are those of the PMI's fields. The number of its coefficients, 2 to 6 bits that CSI part 1 has beside it, is not counted.
 *
 * @param numSubcarriers - of the band
 * @example
 * const curve = await sweep(createEType2Scheme(1024), { select: samples, measure: samples }, () => undefined);
 */
export function createEType2Scheme(numSubcarriers: number): Scheme {
  const codebooks = new Map(
    etype2Combinations.map((combination) => [combination, createEType2Codebook('16x1', combination, defaultSubbands)]),
  );
  // All settings start from the same directions.
  const known = new WeakMap<object, SubbandDirections>();
  return {
    name: 'etype2',
    family: 'baseline',
    settings: etype2Combinations.map((combination) => ({ combination })),
    carry: async (samples, { combination = 0 }, onReport) => {
      const codebook = codebooks.get(combination);
      if (codebook === undefined) throw new RangeError(`combination is ${combination}, must be 1..${codebooks.size}`);
      for (const [index, { downlink }] of samples.entries()) {
        const directions = known.get(downlink) ?? subbandDirections(downlink, numSubcarriers, defaultSubbands);
        known.set(downlink, directions);
        const pmi = unpackPmi(codebook, packPmi(codebook, selectPmi(codebook, directions)));
        const numCoefficients = pmi.bitmap.reduce((sum, bit) => sum + bit, 0);
        const bits = Object.values(etype2Bits(codebook, numCoefficients)).reduce(
          (sum: number, field: number) => sum + field,
          0,
        );
        onReport(index, bits, { ...directions, values: etype2Precoder(codebook, pmi) });
      }
    },
  };
}
