import { swappedFours } from './packed-weights.ts';

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
