import type { SubbandDirections } from '../../metrics/subbands.ts';
import { beamInto, type EType2Codebook, type EType2Pmi, portsPerPolarisation } from './codebook.ts';

/**
 * Directions in the coordinates of a set of orthonormal beams, which the standard's coefficients are of: row i holds beam i of one
 * polarisation over subbands, `[2][2L][N3]`.
 */
export interface Projection {
  readonly group: EType2Pmi['group'];
  readonly beams: readonly number[];
  readonly values: Float64Array;
  /** Share of the directions' energy that the beams catch. */
  readonly energy: number;
}

/** Every group of orthogonal beams, each with its L beams that catch most energy of the directions of all subbands. */
export function projections(codebook: EType2Codebook, directions: SubbandDirections): Projection[] {
  const { o1, o2, numBeams, numSubbands } = codebook;
  const ports = portsPerPolarisation(codebook);
  const rows = new Float64Array(2 * 2 * ports * numSubbands);
  const found: Projection[] = [];
  for (let q1 = 0; q1 < o1; q1++) {
    for (let q2 = 0; q2 < o2; q2++) {
      projectInto(rows, codebook, [q1, q2], directions);
      const power = Array.from({ length: ports }, (_, beam) => rowPower(rows, beam) + rowPower(rows, ports + beam));
      const beams = [...power.keys()]
        .sort((a, b) => (power[b] as number) - (power[a] as number))
        .slice(0, numBeams)
        .sort((a, b) => a - b);
      const chosen = [...beams, ...beams.map((beam) => ports + beam)];
      const values = new Float64Array(2 * chosen.length * numSubbands);
      chosen.forEach((row, i) => {
        for (let t = 0; t < numSubbands; t++) {
          values[i * numSubbands + t] = rows[row * numSubbands + t] as number;
          values[(chosen.length + i) * numSubbands + t] = rows[(2 * ports + row) * numSubbands + t] as number;
        }
      });
      const energy = beams.reduce((sum, beam) => sum + (power[beam] as number), 0);
      found.push({ group: [q1, q2], beams, values, energy });
    }
  }
  return found;

  function rowPower(values: Float64Array, row: number): number {
    let power = 0;
    for (let t = 0; t < numSubbands; t++) {
      const at = row * numSubbands + t;
      power += (values[at] as number) ** 2 + (values[2 * ports * numSubbands + at] as number) ** 2;
    }
    return power;
  }
}

/** b^H v of every beam of a group, polarisation and subband, `[2][2 N1 N2][N3]`, beams of unit norm. */
function projectInto(
  out: Float64Array,
  codebook: EType2Codebook,
  group: EType2Pmi['group'],
  { values, numAntennas, numSubbands }: SubbandDirections,
): void {
  const ports = portsPerPolarisation(codebook);
  const imaginary = numSubbands * numAntennas;
  const beam = new Float64Array(2 * ports);
  const scale = 1 / Math.sqrt(ports);
  for (let row = 0; row < 2 * ports; row++) {
    beamInto(beam, codebook, group, row % ports);
    const polarisation = row < ports ? 0 : ports;
    for (let t = 0; t < numSubbands; t++) {
      let re = 0;
      let im = 0;
      for (let p = 0; p < ports; p++) {
        const at = t * numAntennas + polarisation + p;
        const vRe = values[at] as number;
        const vIm = values[imaginary + at] as number;
        re += (beam[p] as number) * vRe + (beam[ports + p] as number) * vIm;
        im += (beam[p] as number) * vIm - (beam[ports + p] as number) * vRe;
      }
      out[row * numSubbands + t] = scale * re;
      out[(2 * ports + row) * numSubbands + t] = scale * im;
    }
  }
}
