import { readDoubleLE, readUtf8 } from './protobuf.ts';

/** A field as the bytes have it. */
interface WireField {
  readonly name: string;
  /** 0: varint, 1: eight bytes, 2: length and bytes. */
  readonly wireType: 0 | 1 | 2;
  readonly repeated?: true;
}

/** Fields of a message by number; undefined where a number is not in use. */
export type WireFields = readonly (WireField | undefined)[];

/**
 * Reads the fields of one message, strictly: what protobuf leaves to chance is refused. That is a known field of the
 * wrong wire type, an integer over 32 bits, a singular field sent twice, a string that is not UTF-8, a group, and a
 * value that ends behind its message. Unknown fields pass, so that a later version can add some.
 *
 * Every method throws a RangeError that names the field.
 */
export class MessageReader {
  /** Where the message stands in its frame, as errors say it; empty for the frame. */
  readonly path: string;
  readonly #bytes: Uint8Array;
  readonly #fields: WireFields;
  #at: number;
  #end: number;
  /** Bit n is set where field n was there. */
  #seen = 0;
  #number = 0;
  #wireType = 0;

  constructor(bytes: Uint8Array, fields: WireFields, path = '', at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#fields = fields;
    this.path = path;
    this.#at = at;
    this.#end = end;
  }

  /** @returns number of the next known field, whose value must be read next; 0 at the end of the message */
  next(): number {
    while (this.#at < this.#end) {
      this.#number = 0;
      const tag = this.uint32();
      this.#number = tag >>> 3;
      this.#wireType = tag & 7;
      if (this.#number === 0) throw this.#wrong('field number 0');
      const field = this.#fields[this.#number];
      if (field === undefined) {
        this.#skip();
        continue;
      }
      const { wireType, repeated } = field;
      const packed = repeated && wireType === 0 && this.#wireType === 2;
      if (!repeated && this.#seen & (1 << this.#number)) throw this.#wrong('sent twice');
      if (this.#wireType !== wireType && !packed)
        throw this.#wrong(`wire type ${this.#wireType}, expected ${wireType}`);
      this.#seen |= 1 << this.#number;
      return this.#number;
    }
    return 0;
  }

  uint32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      if (this.#at >= this.#end) throw this.#wrong('truncated');
      const byte = this.#bytes[this.#at++] as number;
      if (shift === 28 && byte > 0x0f) break;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw this.#wrong('integer over 32 bits');
  }

  bool(): boolean {
    return this.uint32() !== 0;
  }

  double(): number {
    return readDoubleLE(this.#bytes, this.#take(8));
  }

  string(): string {
    const start = this.#take(this.uint32());
    try {
      return readUtf8(this.#bytes, start, this.#at);
    } catch (cause) {
      throw this.#wrong('not UTF-8', { cause });
    }
  }

  /** @returns a view on the frame's bytes */
  bytes(): Uint8Array {
    const length = this.uint32();
    const start = this.#take(length);
    // A plain Uint8Array, whatever class the socket hands over.
    return length === 0
      ? new Uint8Array(0)
      : new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length);
  }

  /**
   * @param words - of an enumeration; the first is number 1, since 0 stands for none
   * @param index - of the value in a list
   */
  word<T extends string>(words: readonly T[], index?: number): T {
    const number = this.uint32();
    const found = words[number - 1];
    if (found !== undefined) return found;
    const element = index === undefined ? '' : `[${index}]`;
    throw new RangeError(`${this.#name()}${element}: ${number} is not one of ${words.join(', ')}`);
  }

  /** Calls `read` for every value that stands here: one, or a packed list. */
  each(read: () => void): void {
    if (this.#wireType !== 2) {
      read();
      return;
    }
    const messageEnd = this.#end;
    const length = this.uint32();
    const listEnd = this.#take(length) + length;
    this.#at = listEnd - length;
    this.#end = listEnd;
    while (this.#at < listEnd) read();
    this.#end = messageEnd;
  }

  /** @param index - of the message in a list */
  message(fields: WireFields, index?: number): MessageReader {
    const start = this.#take(this.uint32());
    const path = index === undefined ? this.#name() : `${this.#name()}[${index}]`;
    return new MessageReader(this.#bytes, fields, path, start, this.#at);
  }

  #skip(): void {
    if (this.#wireType === 0) this.#skipVarint();
    else if (this.#wireType === 1) this.#take(8);
    else if (this.#wireType === 2) this.#take(this.uint32());
    else if (this.#wireType === 5) this.#take(4);
    else throw this.#wrong(`wire type ${this.#wireType} is not in use`);
  }

  #skipVarint(): void {
    for (let i = 0; i < 10; i++) {
      if (this.#at >= this.#end) throw this.#wrong('truncated');
      if ((this.#bytes[this.#at++] as number) < 0x80) return;
    }
    throw this.#wrong('integer over 64 bits');
  }

  /** @returns where the next `length` bytes start; the reader stands behind them */
  #take(length: number): number {
    const start = this.#at;
    if (length > this.#end - start) throw this.#wrong(`truncated: ${this.#end - start} of ${length} bytes`);
    this.#at = start + length;
    return start;
  }

  #wrong(problem: string, options?: ErrorOptions): RangeError {
    return new RangeError(`${this.#name()}: ${problem}`, options);
  }

  /** Name of the field at hand. The frame's own name adds nothing: 'report.seq', not 'frame.report.seq'. */
  #name(): string {
    const message = this.path === '' ? 'frame' : this.path;
    if (this.#number === 0) return message;
    const field = this.#fields[this.#number];
    if (field === undefined) return `${message} field ${this.#number}`;
    return this.path === '' ? field.name : `${message}.${field.name}`;
  }
}
