import type { IntegerEncoder } from '@edge-csi/ue-client/micro';

/** An encoder's weights as kernel/encoder.c reads them. */
export interface PackedWeights {
  /** Delays in the order of the C encoder's input. */
  readonly order: readonly number[];
  /** int8, row-major `[codewordLength][numWide]`, columns swapped in fours. */
  readonly wide: Int8Array;
  readonly numWide: number;
  /** `[codewordLength][3 numNarrow / 4]`, 6 bits a weight, and a byte more, since they are read as words. */
  readonly narrow: Uint8Array;
  readonly numNarrow: number;
  /** int8, row-major `[codewordLength][numFine]`, columns swapped in fours. */
  readonly fine: Int8Array;
  readonly numFine: number;
}

/**
 * Packs weights: delays whose weights all fit 6 bits take three quarters of the space. The input's order follows, which
 * no sum depends on.
 *
 * @param perDelay - inputs of one delay, a multiple of 4
 */
export function packWeights(encoder: IntegerEncoder, perDelay: number): PackedWeights {
  const { codewordLength, numInputs, numFine, numFineDelays, inputOrder, weights } = encoder;
  const columns = numInputs + numFine;
  const rankOfWide: number[] = [];
  const rankOfNarrow: number[] = [];
  inputOrder.forEach((_, rank) => {
    // Fine delays come first, where their fine inputs expect them.
    const narrow = rank >= numFineDelays && delayFits(encoder, rank, perDelay);
    (narrow ? rankOfNarrow : rankOfWide).push(rank);
  });
  const columnsOf = (ranks: readonly number[], row: number) =>
    Int8Array.from(
      ranks.flatMap((rank) => {
        const at = row * columns + rank * perDelay;
        return Array.from(weights.subarray(at, at + perDelay));
      }),
    );
  const rows = Array.from({ length: codewordLength }, (_, row) => row);
  const fineOf = (row: number) => weights.subarray(row * columns + numInputs, (row + 1) * columns);
  return {
    order: [...rankOfWide, ...rankOfNarrow].map((rank) => inputOrder[rank] as number),
    wide: Int8Array.from(rows.flatMap((row) => swappedFours(columnsOf(rankOfWide, row)))),
    numWide: rankOfWide.length * perDelay,
    narrow: Uint8Array.from([...rows.flatMap((row) => sixBits(columnsOf(rankOfNarrow, row))), 0]),
    numNarrow: rankOfNarrow.length * perDelay,
    fine: Int8Array.from(rows.flatMap((row) => swappedFours(fineOf(row)))),
    numFine,
  };
}

function delayFits({ codewordLength, numInputs, numFine, weights }: IntegerEncoder, rank: number, perDelay: number) {
  for (let row = 0; row < codewordLength; row++) {
    const at = row * (numInputs + numFine) + rank * perDelay;
    if (weights.subarray(at, at + perDelay).some((weight) => weight < -32 || weight > 31)) return false;
  }
  return true;
}

/** Fours in the order 0 2 1 3: SXTB16 takes bytes 0 and 2 of a word, then 1 and 3, for two products each. */
export function swappedFours(row: Int8Array): number[] {
  return Array.from(row, (_, i) => row[(i & ~3) | ((i & 1) << 1) | ((i & 2) >> 1)] as number);
}

function sixBits(row: Int8Array): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < row.length; i += 4) {
    let four = 0;
    for (let k = 0; k < 4; k++) four |= ((row[i + k] as number) & 63) << (6 * k);
    bytes.push(four & 255, (four >> 8) & 255, (four >> 16) & 255);
  }
  return bytes;
}
