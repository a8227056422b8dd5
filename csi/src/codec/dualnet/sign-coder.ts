import { BitReader, BitWriter, isCanonical } from '../../bits.ts';
import type { AngularDelayCsi, BitString } from '../../csi.ts';
import { CsiError } from '../../errors.ts';

/** Everything a complex matrix is rebuilt from where its real and imaginary parts are coded one by one. */
export interface SignReport {
  /** |Re| and |Im| of each entry relative to the norm, planar `[2][numEntries]`. */
  readonly parts: Float32Array;
  /** Which parts' signs are sent, planar `[2][numEntries]`: 1 or 0. */
  readonly bits: Uint8Array;
  /** Packed signs. */
  readonly signs: Uint8Array;
  /** Norm of the matrix, linear. */
  readonly norm: number;
}

/**
 * Packs the signs of real and imaginary parts, one bit each, 1 for a negative part: all real parts in index order, then
 * all imaginary ones (the sign feedback of DualNet-ABS; Liu, Zhang, Ding, IEEE WCL 8(3), 2019).
 *
 * @param csi - entries to take signs from
 * @param bits - which signs are sent, planar `[2][numAntennas * numDelays]`: 1 or 0
 * @throws RangeError where `bits` does not fit the matrix.
 */
export function encodeSigns(csi: AngularDelayCsi, bits: Uint8Array): BitString {
  const { values } = csi;
  const numParts = 2 * csi.numAntennas * csi.numDelays;
  if (bits.length !== numParts) throw new RangeError(`bits has ${bits.length} entries, must have ${numParts}`);
  if (values.length !== numParts) throw new RangeError(`csi has ${values.length} values, must have ${numParts}`);
  const writer = new BitWriter(countSigns(bits));
  for (let part = 0; part < numParts; part++) {
    if (bits[part] === 1) writer.write((values[part] as number) < 0 ? 1 : 0, 1);
  }
  return writer.finish();
}

/**
 * Rebuilds complex CSI from absolute parts and signs: norm * sign * part, and 0 where no sign is sent.
 *
 * @param out - planar `[2][numEntries]`, real half first
 * @throws CsiError `payload-invalid` where `signs` is not as long as `bits` says or has non-zero padding.
 * @throws RangeError where `out`, `parts` and `bits` do not fit each other.
 */
export function reconstructFromSignsInto(out: Float32Array, report: SignReport): void {
  const { parts, bits, signs, norm } = report;
  const numParts = bits.length;
  if (parts.length !== numParts) throw new RangeError(`parts has ${parts.length} entries, must have ${numParts}`);
  if (out.length !== numParts) throw new RangeError(`out has ${out.length} values, must have ${numParts}`);
  const numSigns = countSigns(bits);
  if (!isCanonical(signs, numSigns)) {
    throw new CsiError(
      'payload-invalid',
      `signs of ${signs.length} bytes, expected ${Math.ceil(numSigns / 8)} with zero padding after ${numSigns} bits`,
    );
  }
  const reader = new BitReader(signs);
  for (let part = 0; part < numParts; part++) {
    if (bits[part] === 0) out[part] = 0;
    else out[part] = (reader.read(1) === 1 ? -norm : norm) * (parts[part] as number);
  }
}

function countSigns(bits: Uint8Array): number {
  let total = 0;
  for (let part = 0; part < bits.length; part++) {
    const partBits = bits[part] as number;
    if (partBits > 1) throw new RangeError(`bits[${part}] is ${partBits}, must be 0 or 1`);
    total += partBits;
  }
  return total;
}
