import { type AngularDelayCsi, sameShape } from '../../csi.ts';
import type { EncodeContext } from '../codec.ts';
import { type DopplerSpec, dopplerSpacings, type EarlierCsi } from './doppler.ts';
import type { MatrixEncoder } from './encoder.ts';
import type { MovingPathEncoder } from './moving-encoder.ts';

/**
 * Correlation over one spacing, real part, under which paths have turned enough to tell their shifts apart: at a third of a
 * wavelength. Wider ones gain no more, and soon shifts cannot be told from one another.
 */
const ENOUGH_TURNED = 0.5;

/**
 * Correlation of powers, entry by entry, under which two matrices are of other paths: no shift leads from one to the other. UEs
 * that move stay above 0.3, and channels drawn apart below 0.15.
 */
const LEAST_ALIKE = 0.25;

/**
 * Picks the matrices that tell Doppler shifts best: the nearest ones that differ enough, else the widest apart.
 *
 * @param count - of matrices before that of the report
 * @returns undefined where there are not as many at one spacing, or they are of another channel
 *
 * @example
 * const earlier = pickEarlier(csi, { slot: 60, measured }, 3);
 */
export function pickEarlier(
  csi: AngularDelayCsi,
  { slot, measured }: EncodeContext,
  count: number,
): EarlierCsi | undefined {
  const bySlot = new Map(measured.map((one) => [one.slot, one.csi]));
  let picked: EarlierCsi | undefined;
  for (const spacingSlots of dopplerSpacings) {
    const found = Array.from({ length: count }, (_, i) => bySlot.get(slot - spacingSlots * (count - i)));
    const matrices = found.filter((matrix) => matrix !== undefined);
    if (matrices.length < count || !matrices.every((matrix) => sameShape(matrix, csi) && isAlike(matrix, csi)))
      continue;
    picked = { spacingSlots, matrices };
    if (correlation(csi, matrices[count - 1] as AngularDelayCsi) < ENOUGH_TURNED) break;
  }
  return picked;
}

/** Real part of the normalised inner product. */
function correlation(a: AngularDelayCsi, b: AngularDelayCsi): number {
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (const [i, x] of a.values.entries()) {
    const y = b.values[i] as number;
    both += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return both / Math.sqrt(ofA * ofB);
}

/** Whether two matrices have their power in the same places. */
function isAlike(a: AngularDelayCsi, b: AngularDelayCsi): boolean {
  const entries = a.values.length / 2;
  let both = 0;
  let ofA = 0;
  let ofB = 0;
  for (let i = 0; i < entries; i++) {
    const x = (a.values[i] as number) ** 2 + (a.values[entries + i] as number) ** 2;
    const y = (b.values[i] as number) ** 2 + (b.values[entries + i] as number) ** 2;
    both += x * y;
    ofA += x * x;
    ofB += y * y;
  }
  return both >= LEAST_ALIKE * Math.sqrt(ofA * ofB);
}

/** An encoder that picks the matrices of its reports from what a UE has measured. */
export function withHistory(encode: MovingPathEncoder, { measurements }: DopplerSpec): MatrixEncoder {
  return {
    encode: (csi, rate, context) =>
      encode(csi, rate, context === undefined ? undefined : pickEarlier(csi, context, measurements - 1)),
  };
}
