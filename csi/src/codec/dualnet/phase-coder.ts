import { BitReader, BitWriter, isCanonical } from '../../bits.ts';
import type { AngularDelayCsi, BitString } from '../../csi.ts';
import { CsiError } from '../../errors.ts';

/** Most phase bits of one entry. */
const MAX_PHASE_BITS = 8;

/**
 * exp(j 2 pi u / 2^b) sinc(2^-b) for every code u of every bit count b in 1..8, real and imaginary part; the code u
 * of b bits is at 2^b - 2 + u. sinc(2^-b) is the MMSE factor for a phase error that is uniform within a code's sector.
 */
const CODE_PHASORS = phasorTable();

/** Everything a complex matrix is rebuilt from. */
export interface PhaseReport {
  /** Magnitude of each entry relative to the norm, `[numEntries]`. */
  readonly magnitude: Float32Array;
  /** Phase bits of each entry, `[numEntries]`, 0..8. */
  readonly bits: Uint8Array;
  /** Packed phase codes. */
  readonly phase: Uint8Array;
  /** Norm of the matrix, linear. */
  readonly norm: number;
}

/**
 * Quantises the phase of each entry to its own number of bits, entries in index order, most significant bit first.
 *
 * @param csi - entries to take phases from
 * @param bits - phase bits of each entry, `[numAntennas * numDelays]`, 0..8; entries with 0 bits send nothing
 * @throws RangeError where `bits` does not fit the matrix.
 */
export function encodePhase(csi: AngularDelayCsi, bits: Uint8Array): BitString {
  const { values } = csi;
  const numEntries = csi.numAntennas * csi.numDelays;
  if (bits.length !== numEntries) throw new RangeError(`bits has ${bits.length} entries, must have ${numEntries}`);
  if (values.length !== 2 * numEntries) {
    throw new RangeError(`csi has ${values.length} values, must have ${2 * numEntries}`);
  }
  const writer = new BitWriter(totalPhaseBits(bits));
  for (let entry = 0; entry < numEntries; entry++) {
    const entryBits = bits[entry] as number;
    if (entryBits === 0) continue;
    const codes = 1 << entryBits;
    // Adding 0 turns -0 into 0: the phase of an entry does not hang on the signs of its zeros.
    const phaseRad = Math.atan2((values[numEntries + entry] as number) + 0, (values[entry] as number) + 0);
    writer.write(Math.round((phaseRad * codes) / (2 * Math.PI)) & (codes - 1), entryBits);
  }
  return writer.finish();
}

/**
 * Rebuilds complex CSI from magnitudes and phase codes: H = norm m sinc(2^-b) exp(j 2 pi u / 2^b), and 0 where b = 0.
 *
 * @param out - planar `[2][numEntries]`, real half first
 * @throws CsiError `payload-invalid` where `phase` is not as long as `bits` says or has non-zero padding.
 * @throws RangeError where `out`, `magnitude` and `bits` do not fit each other.
 */
export function reconstructInto(out: Float32Array, report: PhaseReport): void {
  const { magnitude, bits, phase, norm } = report;
  const numEntries = bits.length;
  if (magnitude.length !== numEntries) {
    throw new RangeError(`magnitude has ${magnitude.length} entries, must have ${numEntries}`);
  }
  if (out.length !== 2 * numEntries) throw new RangeError(`out has ${out.length} values, must have ${2 * numEntries}`);
  const totalBits = totalPhaseBits(bits);
  if (!isCanonical(phase, totalBits)) {
    throw new CsiError(
      'payload-invalid',
      `phase of ${phase.length} bytes, expected ${Math.ceil(totalBits / 8)} with zero padding after ${totalBits} bits`,
    );
  }
  const reader = new BitReader(phase);
  for (let entry = 0; entry < numEntries; entry++) {
    const entryBits = bits[entry] as number;
    if (entryBits === 0) {
      out[entry] = 0;
      out[numEntries + entry] = 0;
      continue;
    }
    const phasor = 2 * ((1 << entryBits) - 2 + reader.read(entryBits));
    const scaled = norm * (magnitude[entry] as number);
    out[entry] = scaled * (CODE_PHASORS[phasor] as number);
    out[numEntries + entry] = scaled * (CODE_PHASORS[phasor + 1] as number);
  }
}

function totalPhaseBits(bits: Uint8Array): number {
  let total = 0;
  for (let entry = 0; entry < bits.length; entry++) {
    const entryBits = bits[entry] as number;
    if (entryBits > MAX_PHASE_BITS) {
      throw new RangeError(`bits[${entry}] is ${entryBits}, must be 0..${MAX_PHASE_BITS}`);
    }
    total += entryBits;
  }
  return total;
}

function phasorTable(): Float64Array {
  const table = new Float64Array(2 * (2 ** (MAX_PHASE_BITS + 1) - 2));
  for (let bits = 1; bits <= MAX_PHASE_BITS; bits++) {
    const codes = 1 << bits;
    const halfSector = Math.PI / codes;
    const shrink = Math.sin(halfSector) / halfSector;
    for (let code = 0; code < codes; code++) {
      const at = 2 * (codes - 2 + code);
      table[at] = shrink * Math.cos(2 * halfSector * code);
      table[at + 1] = shrink * Math.sin(2 * halfSector * code);
    }
  }
  return table;
}

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
