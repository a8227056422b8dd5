import type { SubbandDirections } from '../../metrics/subbands.ts';
import { projections } from './beam-groups.ts';
import { type EType2Codebook, type EType2Pmi, portsPerPolarisation } from './codebook.ts';
import { CoefficientSearch } from './coefficient-search.ts';

/**
 * Chooses a PMI for the directions of subbands, as a UE does: the group and beams that catch most energy, the taps and coefficients
 * that do once the free phases of subbands are aligned, quantised and then moved one by one as long as SGCS rises.
 *
 * The standard leaves the choice to the UE. Each step here is a search on SGCS itself, the figure a report is judged by.
 *
 * @throws RangeError where directions and codebook differ in ports or subbands, or a direction is all zero.
 *
 * @example
 * const pmi = selectPmi(codebook, subbandDirections(downlink, 1024));
 * const precoder = etype2Precoder(codebook, unpackPmi(codebook, packPmi(codebook, pmi)));
 */
export function selectPmi(codebook: EType2Codebook, directions: SubbandDirections): EType2Pmi {
  requireFit(codebook, directions);
  const candidates = projections(codebook, directions).sort((a, b) => b.energy - a.energy);
  let best: { readonly pmi: EType2Pmi; readonly score: number } | undefined;
  for (const projection of candidates.slice(0, candidateGroups)) {
    const found = new CoefficientSearch(codebook, projection).run();
    if (best === undefined || found.score > best.score) best = found;
  }
  return (best as { readonly pmi: EType2Pmi }).pmi;
}

/** Groups whose coefficients are searched: the beams that catch most energy are not always those that quantise best. */
const candidateGroups = 3;

function requireFit(codebook: EType2Codebook, { numAntennas, numSubbands, values }: SubbandDirections): void {
  const ports = 2 * portsPerPolarisation(codebook);
  if (numAntennas !== ports || numSubbands !== codebook.numSubbands) {
    throw new RangeError(
      `directions are of ${numAntennas} antennas and ${numSubbands} subbands, the codebook of ${ports} and ${codebook.numSubbands}`,
    );
  }
  const half = numSubbands * numAntennas;
  for (let t = 0; t < numSubbands; t++) {
    let power = 0;
    for (let at = t * numAntennas; at < (t + 1) * numAntennas; at++) {
      power += (values[at] as number) ** 2 + (values[half + at] as number) ** 2;
    }
    if (!(power > 0)) throw new RangeError(`the direction of subband ${t} is all zero, which no precoder matches`);
  }
}
