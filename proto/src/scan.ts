import { WireError } from './errors.ts';
import type { WireField, WireTable } from './wire-field.ts';

const wireTypes = { uint32: 0, bool: 0, double: 1, string: 2, bytes: 2, message: 2 } as const;

/**
 * Walks the bytes of a Frame and refuses what the generated decoder lets through: a known field with the wrong wire
 * type (skipped there), an integer over 32 bits (wrapped), a singular field sent twice (merged), none or several bodies
 * (the last wins), groups. Unknown fields pass, so that a later version can add some.
 *
 * @throws WireError `bad-frame`
 */
export function scanFrame(bytes: Uint8Array, table: WireTable): void {
  const seen = new Scanner(bytes, table).message('Frame', 'frame', bytes.length);
  if (seen === 0) throw badFrame('frame', bytes.length === 0 ? 'empty' : 'no known body');
  if ((seen & (seen - 1)) !== 0) throw badFrame('frame', 'more than one body');
}

function badFrame(path: string, problem: string): WireError {
  return new WireError('bad-frame', `${path}: ${problem}`);
}

/** A position in the bytes. Nesting is bounded by the schema, which has no recursive message. */
class Scanner {
  readonly #bytes: Uint8Array;
  readonly #table: WireTable;
  #at = 0;

  constructor(bytes: Uint8Array, table: WireTable) {
    this.#bytes = bytes;
    this.#table = table;
  }

  /** @returns bit n set where field n, a known one, is present */
  message(type: string, path: string, end: number): number {
    const fields = this.#table[type] as Readonly<Record<number, WireField>>;
    let seen = 0;
    while (this.#at < end) {
      const tag = this.#varint32(path, end);
      const number = tag >>> 3;
      if (number === 0) throw badFrame(path, 'field number 0');
      const field = fields[number];
      if (field === undefined) {
        this.#skip(tag & 7, `${path} field ${number}`, end);
        continue;
      }
      // The Frame's own name adds nothing: 'report.seq', not 'frame.report.seq'.
      const name = type === 'Frame' ? field.name : `${path}.${field.name}`;
      if (field.repeated !== true && seen & (1 << number)) throw badFrame(name, 'sent twice');
      seen |= 1 << number;
      this.#field(field, tag & 7, name, end);
    }
    return seen;
  }

  #field(field: WireField, wireType: number, name: string, end: number): void {
    if (field.repeated === true && field.kind === 'uint32' && wireType === 2) {
      const packedEnd = this.#delimited(name, end);
      while (this.#at < packedEnd) this.#varint32(name, packedEnd);
      return;
    }
    const expected = wireTypes[field.kind];
    if (wireType !== expected) throw badFrame(name, `wire type ${wireType}, expected ${expected}`);
    if (expected === 0) {
      this.#varint32(name, end);
    } else if (expected === 1) {
      this.#advance(8, name, end);
    } else {
      const valueEnd = this.#delimited(name, end);
      if (field.message !== undefined) this.message(field.message, name, valueEnd);
      this.#at = valueEnd;
    }
  }

  #skip(wireType: number, name: string, end: number): void {
    if (wireType === 0) this.#skipVarint(name, end);
    else if (wireType === 1) this.#advance(8, name, end);
    else if (wireType === 2) this.#at = this.#delimited(name, end);
    else if (wireType === 5) this.#advance(4, name, end);
    else throw badFrame(name, `wire type ${wireType} is not in use`);
  }

  /** @returns where a length-delimited value ends */
  #delimited(name: string, end: number): number {
    const length = this.#varint32(name, end);
    if (length > end - this.#at) throw badFrame(name, `truncated: ${end - this.#at} of ${length} bytes`);
    return this.#at + length;
  }

  #advance(length: number, name: string, end: number): void {
    if (length > end - this.#at) throw badFrame(name, `truncated: ${end - this.#at} of ${length} bytes`);
    this.#at += length;
  }

  #varint32(name: string, end: number): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= end) throw badFrame(name, 'truncated');
      const byte = this.#bytes[this.#at++] as number;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw badFrame(name, 'integer over 32 bits');
  }

  #skipVarint(name: string, end: number): void {
    for (let i = 0; i < 10; i++) {
      if (this.#at >= end) throw badFrame(name, 'truncated');
      if ((this.#bytes[this.#at++] as number) < 0x80) return;
    }
    throw badFrame(name, 'integer over 64 bits');
  }
}
