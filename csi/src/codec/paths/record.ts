import { CsiError } from '../../errors.ts';
import { MOST_KNOWN } from './constants.ts';
import { type KnownPaths, knownPathsAt } from './known.ts';

// What a batch carries of a report: bits, uint16, whose highest one says whether a list of known paths follows; that list,
// its count, uint16, its version, uint32, and its cells, uint32 each; then the payload. Little endian.
const bitsBytes = 2;
const listBytes = 6;
const bytesPerPlace = 12;
const hasList = 0x8000;

/** Bytes of a record before its payload, at most. */
export const mostRecordHeadBytes = bitsBytes + listBytes + MOST_KNOWN * bytesPerPlace;

/** A report with what it refers to. */
export interface PathRecord {
  readonly payload: Uint8Array;
  readonly bits: number;
  readonly known: KnownPaths | undefined;
}

/** Packs a report: whoever decodes it needs nothing else. */
export function packRecord({ payload, bits, known }: PathRecord): Uint8Array {
  const headBytes = bitsBytes + (known === undefined ? 0 : listBytes + known.count * bytesPerPlace);
  const record = new Uint8Array(headBytes + payload.length);
  const view = new DataView(record.buffer);
  view.setUint16(0, bits | (known === undefined ? 0 : hasList), true);
  if (known !== undefined) {
    view.setUint16(bitsBytes, known.count, true);
    view.setUint32(bitsBytes + 2, known.version, true);
    for (const [i, cell] of known.cells.entries()) view.setUint32(bitsBytes + listBytes + 4 * i, cell, true);
  }
  record.set(payload, headBytes);
  return record;
}

/** @throws CsiError `payload-invalid` where it ends early: records come from other machines, too. */
export function unpackRecord(record: Uint8Array): PathRecord {
  const view = new DataView(record.buffer, record.byteOffset, record.byteLength);
  const require = (bytes: number): void => {
    if (record.length < bytes) throw new CsiError('payload-invalid', `record of ${record.length} bytes ends early`);
  };
  require(bitsBytes);
  const word = view.getUint16(0, true);
  let at = bitsBytes;
  let known: KnownPaths | undefined;
  if ((word & hasList) !== 0) {
    require(at + listBytes);
    const count = view.getUint16(at, true);
    const version = view.getUint32(at + 2, true);
    at += listBytes;
    require(at + count * bytesPerPlace);
    const cells = Int32Array.from({ length: 3 * count }, (_, i) => view.getUint32(at + 4 * i, true));
    if (count === 0 || count > MOST_KNOWN || version === 0) {
      throw new CsiError('payload-invalid', `record has ${count} known paths of version ${version}`);
    }
    known = knownPathsAt(version, cells);
    at += count * bytesPerPlace;
  }
  const bits = word & ~hasList;
  return { payload: record.subarray(at, at + Math.ceil(bits / 8)), bits, known };
}
