import { BitPacker } from './bit-packer.ts';

/** An allocation matrix without its zeros, as `next_coarse` of kernel/encoder.c reads it. */
export interface PackedAllocation {
  readonly bytes: Uint8Array;
  /** Width of a row's count. */
  readonly countBits: number;
}

/** What a row's fields take in all, and how. */
interface RowCode {
  readonly gapBits: number;
  readonly magnitudeBits: number;
  readonly cost: number;
}

/**
 * Packs an allocation matrix: three of five entries are zero, and most of the rest are small.
 *
 * @param matrix - int8, row-major `[numEntries][codewordLength]`
 */
export function packAllocation(matrix: Int8Array, codewordLength: number): PackedAllocation {
  const countBits = 32 - Math.clz32(codewordLength);
  const packer = new BitPacker();
  for (let at = 0; at < matrix.length; at += codewordLength) {
    const row = matrix.subarray(at, at + codewordLength);
    const { gapBits, magnitudeBits } = bestCode(row);
    packer.write(gapBits - 1, 3);
    packer.write(magnitudeBits, 3);
    packer.write(
      row.reduce((count, value) => count + Number(value !== 0), 0),
      countBits,
    );
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
  return { bytes: packer.finish(), countBits };
}

function bestCode(row: Int8Array): RowCode {
  const largest = row.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  const magnitudeBits = 32 - Math.clz32(largest - 1);
  const codes = Array.from({ length: 8 }, (_, i): RowCode => {
    const gapBits = i + 1;
    return { gapBits, magnitudeBits, cost: gapCost(row, gapBits) };
  });
  return codes.reduce((best, code) => (code.cost < best.cost ? code : best));
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
