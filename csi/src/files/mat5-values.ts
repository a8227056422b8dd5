import type { ColumnMajorSink } from './column-major.ts';

type Get = (view: DataView, at: number, littleEndian: boolean) => number;

/** How numbers are stored, by type number ("MAT-File Format", table 1-1). Whole numbers may be stored as integers. */
const STORAGE: Readonly<Record<number, readonly [bytes: number, get: Get]>> = {
  1: [1, (view, at) => view.getInt8(at)],
  2: [1, (view, at) => view.getUint8(at)],
  3: [2, (view, at, littleEndian) => view.getInt16(at, littleEndian)],
  4: [2, (view, at, littleEndian) => view.getUint16(at, littleEndian)],
  5: [4, (view, at, littleEndian) => view.getInt32(at, littleEndian)],
  6: [4, (view, at, littleEndian) => view.getUint32(at, littleEndian)],
  7: [4, (view, at, littleEndian) => view.getFloat32(at, littleEndian)],
  9: [8, (view, at, littleEndian) => view.getFloat64(at, littleEndian)],
  12: [8, (view, at, littleEndian) => Number(view.getBigInt64(at, littleEndian))],
  13: [8, (view, at, littleEndian) => Number(view.getBigUint64(at, littleEndian))],
};

/** Bytes of one stored number; `undefined` where the type is not numeric. */
export function mat5ValueBytes(type: number): number | undefined {
  return STORAGE[type]?.[0];
}

/** Turns pieces of stored numbers, cut anywhere, into values for a sink. */
export function createMat5Values(
  type: number,
  littleEndian: boolean,
  sink: ColumnMajorSink,
): { push(piece: Uint8Array): void } {
  const [valueBytes, get] = STORAGE[type] ?? [0, () => Number.NaN];
  if (valueBytes === 0) throw new RangeError(`type is ${type}, must be numeric`);
  const cut = new Uint8Array(valueBytes);
  let numCut = 0;
  return {
    push(piece) {
      let at = 0;
      while (numCut > 0 && at < piece.length) {
        cut[numCut++] = piece[at++] as number;
        if (numCut < valueBytes) continue;
        sink.push(get(new DataView(cut.buffer), 0, littleEndian));
        numCut = 0;
      }
      const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
      for (; at + valueBytes <= piece.length; at += valueBytes) sink.push(get(view, at, littleEndian));
      while (at < piece.length) cut[numCut++] = piece[at++] as number;
    },
  };
}
