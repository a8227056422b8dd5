import { BitReader, type BitString, BitWriter, CsiError } from '@edge-csi/csi';
import { type EType2Codebook, type EType2Pmi, portsPerPolarisation } from './codebook.ts';

/** Bits of each field of a PMI, by the standard's names (TS 38.212, 6.3.2.1.2). */
export interface EType2Bits {
  /** Group of beams, q1 and q2. */
  readonly i11: number;
  /** Which beams of the group. */
  readonly i12: number;
  /** Which taps. */
  readonly i16: number;
  /** Bitmap of non-zero coefficients. */
  readonly i17: number;
  /** Where the strongest coefficient is. */
  readonly i18: number;
  /** Reference amplitude of the weaker polarisation. */
  readonly i23: number;
  /** Differential amplitudes. */
  readonly i24: number;
  /** Phases. */
  readonly i25: number;
}

/** The number of coefficients K_NZ goes ahead, in CSI part 1: it says how long the rest is. */
const partOneBits = (codebook: EType2Codebook): number => bitsFor(codebook.maxCoefficients);

/** Bits of the fields of a PMI with `numCoefficients` non-zero coefficients. */
export function etype2Bits(codebook: EType2Codebook, numCoefficients: number): EType2Bits {
  const { o1, o2, numBeams, numRows, numTaps, numSubbands } = codebook;
  return {
    i11: bitsFor(o1 * o2),
    i12: bitsFor(binomial(portsPerPolarisation(codebook), numBeams)),
    i16: bitsFor(binomial(numSubbands - 1, numTaps - 1)),
    i17: numRows * numTaps,
    i18: bitsFor(numCoefficients),
    i23: 4,
    i24: 3 * (numCoefficients - 1),
    i25: 4 * (numCoefficients - 1),
  };
}

/** All bits of the fields of a PMI. */
function totalBits(bits: EType2Bits): number {
  return Object.values(bits).reduce((sum: number, field: number) => sum + field, 0);
}

/** The combinatorial indices of a PMI: i_{1,2} of the beams, i_{1,6} of the taps, i_{1,8} of the strongest coefficient. */
export function etype2Indices(
  codebook: EType2Codebook,
  pmi: Pick<EType2Pmi, 'beams' | 'taps' | 'strongestRow' | 'bitmap'>,
): { readonly i12: number; readonly i16: number; readonly i18: number } {
  let before = 0;
  for (let row = 0; row < pmi.strongestRow; row++) before += pmi.bitmap[row] as number;
  return {
    i12: subsetIndex(pmi.beams, portsPerPolarisation(codebook)),
    i16: subsetIndex(
      pmi.taps.slice(1).map((tap) => tap - 1),
      codebook.numSubbands - 1,
    ),
    i18: before,
  };
}

/** Beams, taps and row of the strongest coefficient that indices stand for. @throws CsiError `payload-invalid` where one is out of range. */
export function fromIndices(
  codebook: EType2Codebook,
  { i12, i16, i18 }: { readonly i12: number; readonly i16: number; readonly i18: number },
  bitmap: Uint8Array,
): Pick<EType2Pmi, 'beams' | 'taps' | 'strongestRow'> {
  const { numBeams, numRows, numTaps, numSubbands } = codebook;
  const beams = subsetOf(i12, portsPerPolarisation(codebook), numBeams, 'i12');
  const taps = [0, ...subsetOf(i16, numSubbands - 1, numTaps - 1, 'i16').map((tap) => tap + 1)];
  let before = 0;
  for (let row = 0; row < numRows; row++) {
    if (bitmap[row] === 0) continue;
    if (before++ === i18) return { beams, taps, strongestRow: row };
  }
  throw new CsiError('payload-invalid', `i18 is ${i18}, tap 0 has ${before} non-zero coefficients`);
}

/** Packs a PMI into the bits that a UE sends, the number of its coefficients ahead. */
export function packPmi(codebook: EType2Codebook, pmi: EType2Pmi): BitString {
  const numCoefficients = pmi.bitmap.reduce((sum, sent) => sum + sent, 0);
  const bits = etype2Bits(codebook, numCoefficients);
  const { i12, i16, i18 } = etype2Indices(codebook, pmi);
  const writer = new BitWriter(partOneBits(codebook) + totalBits(bits));
  write(writer, numCoefficients - 1, partOneBits(codebook));
  write(writer, pmi.group[0] * codebook.o2 + pmi.group[1], bits.i11);
  write(writer, i12, bits.i12);
  write(writer, i16, bits.i16);
  for (const sent of pmi.bitmap) writer.write(sent, 1);
  write(writer, i18, bits.i18);
  const weaker = pmi.strongestRow < codebook.numBeams ? 1 : 0;
  writer.write(pmi.reference[weaker], 4);
  forEachSent(pmi, (at) => writer.write(pmi.amplitude[at] as number, 3));
  forEachSent(pmi, (at) => writer.write(pmi.phase[at] as number, 4));
  return writer.finish();
}

/**
 * Reads a PMI at the BS.
 *
 * @throws CsiError `payload-invalid` where the bits are no PMI of this codebook.
 */
export function unpackPmi(codebook: EType2Codebook, { bytes, bitLength }: BitString): EType2Pmi {
  const reader = new BitReader(bytes);
  const numCoefficients = read(reader, partOneBits(codebook)) + 1;
  const bits = etype2Bits(codebook, numCoefficients);
  const expected = partOneBits(codebook) + totalBits(bits);
  if (numCoefficients > codebook.maxCoefficients || bitLength !== expected) {
    throw new CsiError(
      'payload-invalid',
      `PMI of ${numCoefficients} coefficients has ${bitLength} bits, needs ${expected}`,
    );
  }
  const group = read(reader, bits.i11);
  const i12 = read(reader, bits.i12);
  const i16 = read(reader, bits.i16);
  const bitmap = Uint8Array.from({ length: bits.i17 }, () => reader.read(1));
  const sent = bitmap.reduce((sum, bit) => sum + bit, 0);
  if (sent !== numCoefficients) {
    throw new CsiError('payload-invalid', `PMI announces ${numCoefficients} coefficients, its bitmap has ${sent}`);
  }
  const i18 = read(reader, bits.i18);
  const places = fromIndices(codebook, { i12, i16, i18 }, bitmap);
  const weaker = reader.read(4);
  const amplitude = new Uint8Array(bits.i17);
  const phase = new Uint8Array(bits.i17);
  amplitude[places.strongestRow] = 7;
  forEachSent({ bitmap, ...places }, (at) => {
    amplitude[at] = reader.read(3);
  });
  forEachSent({ bitmap, ...places }, (at) => {
    phase[at] = reader.read(4);
  });
  return {
    group: [Math.floor(group / codebook.o2), group % codebook.o2],
    ...places,
    bitmap,
    reference: places.strongestRow < codebook.numBeams ? [15, weaker] : [weaker, 15],
    amplitude,
    phase,
  };
}

/** Visits the coefficients that are sent but for the strongest. */
function forEachSent(
  { bitmap, strongestRow }: Pick<EType2Pmi, 'bitmap' | 'strongestRow'>,
  visit: (at: number) => void,
): void {
  for (let at = 0; at < bitmap.length; at++) if (bitmap[at] === 1 && at !== strongestRow) visit(at);
}

/** Index of an ascending subset among all of its size: the sum of C(n - 1 - s_i, k - i), as the standard counts. */
function subsetIndex(subset: readonly number[], n: number): number {
  return subset.reduce((sum, member, i) => sum + binomial(n - 1 - member, subset.length - i), 0);
}

function subsetOf(index: number, n: number, size: number, field: string): number[] {
  const count = binomial(n, size);
  if (index >= count) throw new CsiError('payload-invalid', `${field} is ${index}, must be below ${count}`);
  const subset: number[] = [];
  let rest = index;
  for (let i = 0; i < size; i++) {
    let x = n - 1 - i;
    while (binomial(x, size - i) > rest) x--;
    rest -= binomial(x, size - i);
    subset.push(n - 1 - x);
  }
  return subset;
}

function binomial(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let value = 1;
  for (let i = 1; i <= k; i++) value = (value * (n - k + i)) / i;
  return Math.round(value);
}

/** ceil(log2 of a count), exactly. */
function bitsFor(count: number): number {
  return count <= 1 ? 0 : 32 - Math.clz32(count - 1);
}

function write(writer: BitWriter, value: number, bits: number): void {
  for (let left = bits; left > 0; ) {
    const chunk = Math.min(8, left);
    left -= chunk;
    writer.write((value >>> left) & (2 ** chunk - 1), chunk);
  }
}

function read(reader: BitReader, bits: number): number {
  let value = 0;
  for (let left = bits; left > 0; ) {
    const chunk = Math.min(8, left);
    left -= chunk;
    value = value * 2 ** chunk + reader.read(chunk);
  }
  return value;
}
