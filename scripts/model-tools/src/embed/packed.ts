import type { IntegerEncoder } from '@edge-csi/ue-client/micro';

/** An encoder's weights as kernel/encoder.c reads them. */
export interface PackedWeights {
  /** Delays in the order of the C encoder's input. */
  readonly order: readonly number[];
  /** int8, row-major `[codewordLength][numWide]`, columns swapped in fours. */
  readonly wide: Int8Array;
  readonly numWide: number;
  /** `[codewordLength][narrowBits numNarrow / 8]`, and what a word reads past the last four of them. */
  readonly narrow: Uint8Array;
  readonly numNarrow: number;
  /** Bits of a narrow weight. */
  readonly narrowBits: NarrowBits;
  /** int8, row-major `[codewordLength][numFine]`, columns swapped in fours. */
  readonly fine: Int8Array;
  readonly numFine: number;
}

/** Widths that weights can be packed to, whose fours are whole bytes. */
type NarrowBits = 4 | 6;

/**
 * Packs weights: delays whose weights all fit 6 bits take three quarters of the space, or half of it where 4 bits do better,
 * and delays without weights none. The input's order follows, which no sum depends on.
 *
 * @param perDelay - inputs of one delay, a multiple of 4
 */
export function packWeights(encoder: IntegerEncoder, perDelay: number): PackedWeights {
  const { codewordLength, numInputs, numFine, inputOrder, weights } = encoder;
  const six = sortDelays(encoder, perDelay, 6);
  const four = sortDelays(encoder, perDelay, 4);
  const bytes = ({ wide, narrow }: SortedDelays, bits: number) => 8 * wide.length + bits * narrow.length;
  const narrowBits = bytes(four, 4) < bytes(six, 6) ? 4 : 6;
  const { wide, narrow, empty } = narrowBits === 4 ? four : six;
  const columns = numInputs + numFine;
  const columnsOf = (ranks: readonly number[], row: number) =>
    Int8Array.from(
      ranks.flatMap((rank) => {
        const at = row * columns + rank * perDelay;
        return Array.from(weights.subarray(at, at + perDelay));
      }),
    );
  const rows = Array.from({ length: codewordLength }, (_, row) => row);
  const fineOf = (row: number) => weights.subarray(row * columns + numInputs, (row + 1) * columns);
  const pastLast = Array.from({ length: 4 - narrowBits / 2 }, () => 0);
  return {
    order: [...wide, ...narrow, ...empty].map((rank) => inputOrder[rank] as number),
    wide: Int8Array.from(rows.flatMap((row) => swappedFours(columnsOf(wide, row)))),
    numWide: wide.length * perDelay,
    narrow: Uint8Array.from([...rows.flatMap((row) => narrowFours(columnsOf(narrow, row), narrowBits)), ...pastLast]),
    numNarrow: narrow.length * perDelay,
    narrowBits,
    fine: Int8Array.from(rows.flatMap((row) => swappedFours(fineOf(row)))),
    numFine,
  };
}

/** Ranks of delays by what their weights need. */
interface SortedDelays {
  readonly wide: readonly number[];
  readonly narrow: readonly number[];
  readonly empty: readonly number[];
}

function sortDelays(encoder: IntegerEncoder, perDelay: number, narrowBits: NarrowBits): SortedDelays {
  const sorted = { wide: [] as number[], narrow: [] as number[], empty: [] as number[] };
  encoder.inputOrder.forEach((_, rank) => {
    const [least, most] = rangeOf(encoder, rank, perDelay);
    const top = 2 ** (narrowBits - 1);
    // Fine delays come first, where their fine inputs expect them.
    if (rank < encoder.numFineDelays) sorted.wide.push(rank);
    else if (least === 0 && most === 0) sorted.empty.push(rank);
    else if (least >= -top && most < top) sorted.narrow.push(rank);
    else sorted.wide.push(rank);
  });
  return sorted;
}

/** Least and largest weight of a delay. */
function rangeOf({ codewordLength, numInputs, numFine, weights }: IntegerEncoder, rank: number, perDelay: number) {
  let [least, most] = [0, 0];
  for (let row = 0; row < codewordLength; row++) {
    const at = row * (numInputs + numFine) + rank * perDelay;
    for (const weight of weights.subarray(at, at + perDelay)) {
      least = Math.min(least, weight);
      most = Math.max(most, weight);
    }
  }
  return [least, most] as const;
}

/** Fours in the order 0 2 1 3: SXTB16 takes bytes 0 and 2 of a word, then 1 and 3, for two products each. */
function swappedFours(row: Int8Array): number[] {
  return Array.from(row, (_, i) => row[(i & ~3) | ((i & 1) << 1) | ((i & 2) >> 1)] as number);
}

function narrowFours(row: Int8Array, bits: NarrowBits): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < row.length; i += 4) {
    let four = 0;
    for (let k = 0; k < 4; k++) four |= ((row[i + k] as number) & (2 ** bits - 1)) << (bits * k);
    for (let at = 0; at < 4 * bits; at += 8) bytes.push((four >> at) & 255);
  }
  return bytes;
}

/** An allocation matrix as `next_coarse` of kernel/encoder.c reads it: most rows without their zeros. */
export interface PackedAllocation {
  readonly bytes: Uint8Array;
  /** Rows that would not get smaller, int8, row-major `[...][plainRow]`, columns swapped in fours. */
  readonly plainRows: Int8Array;
  /** The codeword length, a multiple of 4 with the zeros after it. */
  readonly plainRow: number;
  /** Width of a row's count. */
  readonly countBits: number;
}

/** A plain row is read five times as fast: worth this much more space. */
const plainBonus = 1.15;

/**
 * Packs an allocation matrix: three of five entries are zero, and most of the rest are small.
 *
 * @param matrix - int8, row-major `[numEntries][codewordLength]`
 */
export function packAllocation(matrix: Int8Array, codewordLength: number): PackedAllocation {
  const countBits = 32 - Math.clz32(codewordLength);
  const plainRow = Math.ceil(codewordLength / 4) * 4;
  const plainRows: number[] = [];
  const packer = new BitPacker();
  for (let at = 0; at < matrix.length; at += codewordLength) {
    const row = matrix.subarray(at, at + codewordLength);
    const { gapBits, magnitudeBits, cost } = bestCode(row);
    const isPlain = plainBonus * (cost + countBits + 6) >= 8 * plainRow;
    packer.write(Number(isPlain), 1);
    if (isPlain) {
      const padded = new Int8Array(plainRow);
      padded.set(row);
      plainRows.push(...swappedFours(padded));
      continue;
    }
    packer.write(gapBits - 1, 3);
    packer.write(magnitudeBits, 3);
    packer.write(numNonZero(row), countBits);
    writeEntries(packer, row, gapBits, magnitudeBits);
  }
  return { bytes: packer.finish(), plainRows: Int8Array.from(plainRows), plainRow, countBits };
}

function writeEntries(packer: BitPacker, row: Int8Array, gapBits: number, magnitudeBits: number): void {
  const most = 2 ** gapBits - 1;
  let gap = 0;
  for (const value of row) {
    if (value === 0) {
      gap++;
      continue;
    }
    for (; gap >= most; gap -= most) packer.write(most, gapBits);
    packer.write(gap, gapBits);
    packer.write(2 * (Math.abs(value) - 1) + Number(value < 0), magnitudeBits + 1);
    gap = 0;
  }
}

/** The widths that take least, and the bits of the row's entries then. */
function bestCode(row: Int8Array): { gapBits: number; magnitudeBits: number; cost: number } {
  const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const magnitudeBits = 32 - Math.clz32(largest - 1);
  const fields = numNonZero(row) * (magnitudeBits + 1);
  const codes = Array.from({ length: 8 }, (_, i) => {
    return { gapBits: i + 1, magnitudeBits, cost: fields + gapCost(row, i + 1) };
  });
  return codes.reduce((best, code) => (code.cost < best.cost ? code : best));
}

function numNonZero(row: Int8Array): number {
  return row.reduce((count, value) => count + Number(value !== 0), 0);
}

function gapCost(row: Int8Array, gapBits: number): number {
  const most = 2 ** gapBits - 1;
  let cost = 0;
  let gap = 0;
  for (const value of row) {
    if (value === 0) gap++;
    else {
      cost += gapBits * (Math.floor(gap / most) + 1);
      gap = 0;
    }
  }
  return cost;
}

/** Writes fields of 0..24 bits back to back, least significant bit first. */
export class BitPacker {
  readonly #bytes: number[] = [];
  #pending = 0;
  #pendingBits = 0;

  write(value: number, bits: number): void {
    if (value < 0 || value >= 2 ** bits) throw new RangeError(`value ${value} does not fit in ${bits} bits`);
    this.#pending += value * 2 ** this.#pendingBits;
    this.#pendingBits += bits;
    while (this.#pendingBits >= 8) {
      this.#bytes.push(this.#pending % 256);
      this.#pending = Math.floor(this.#pending / 256);
      this.#pendingBits -= 8;
    }
  }

  /** The bits written, zero padded to a byte, and three more bytes: whoever reads words reads past the last field. */
  finish(): Uint8Array {
    const last = this.#pendingBits > 0 ? [this.#pending] : [];
    return Uint8Array.from([...this.#bytes, ...last, 0, 0, 0]);
  }
}
