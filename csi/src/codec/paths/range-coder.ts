import { CsiError } from '../../errors.ts';

const HALF = 2 ** 31;
const QUARTER = 2 ** 30;
const WHOLE = 2 ** 32;
/**
 * Most zeros that an encoder leaves out: the symbols of one path and the end after it, all of them the first of their
 * tables, take 122 bits at most.
 */
const MOST_ZEROS = 128;

/**
 * Codes symbols, either way: an encoder takes `value` and gives it back, a decoder ignores it and gives what it read. One
 * piece of code states the order of symbols for both.
 */
export interface SymbolCoder {
  /** One of `total` equally likely values, 0 .. total - 1. */
  uniform(value: number, total: number): number;
  /** One of `count` values with cumulative frequencies `sums[at] .. sums[at + count]`, strictly rising. */
  table(value: number, sums: Int32Array, at: number, count: number): number;
}

/**
 * Arithmetic encoder with 32-bit registers (Witten, Neal and Cleary, "Arithmetic coding for data compression", CACM 30(6),
 * 1987). Whole numbers only, products below 2^48.
 *
 * What it writes reads on as zeros, so zeros at its end are left out: the last bit is a one, and the bits tell their own
 * length.
 */
export class RangeEncoder implements SymbolCoder {
  #low = 0;
  #high = WHOLE - 1;
  #pending = 0;
  #written = 0;
  /** Bits up to the last one that is not zero. */
  #length = 0;
  readonly #bytes: Uint8Array;

  /** @param bytes - where to write; bits past its end are counted, not stored */
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.reset();
  }

  reset(): void {
    this.#low = 0;
    this.#high = WHOLE - 1;
    this.#pending = 0;
    this.#written = 0;
    this.#length = 0;
    this.#bytes.fill(0);
  }

  uniform(value: number, total: number): number {
    this.#encode(value, value + 1, total);
    return value;
  }

  table(value: number, sums: Int32Array, at: number, count: number): number {
    const base = sums[at] as number;
    const low = sums[at + value] as number;
    const high = sums[at + value + 1] as number;
    this.#encode(low - base, high - base, (sums[at + count] as number) - base);
    return value;
  }

  /** @returns bits in all */
  finish(): number {
    // Any number from low to high will do, and low < half <= high.
    if (this.#low > 0 || this.#pending > 0) this.#emit(1);
    return this.#length;
  }

  #encode(low: number, high: number, total: number): void {
    const range = this.#high - this.#low + 1;
    this.#high = this.#low + Math.floor((range * high) / total) - 1;
    this.#low += Math.floor((range * low) / total);
    for (;;) {
      if (this.#high < HALF) this.#emit(0);
      else if (this.#low >= HALF) {
        this.#emit(1);
        this.#low -= HALF;
        this.#high -= HALF;
      } else if (this.#low >= QUARTER && this.#high < HALF + QUARTER) {
        this.#pending++;
        this.#low -= QUARTER;
        this.#high -= QUARTER;
      } else return;
      this.#low = 2 * this.#low;
      this.#high = 2 * this.#high + 1;
    }
  }

  #emit(bit: number): void {
    this.#put(bit);
    for (; this.#pending > 0; this.#pending--) this.#put(1 - bit);
  }

  #put(bit: number): void {
    const at = this.#written++;
    if (bit === 0) return;
    this.#length = at + 1;
    const byte = at >> 3;
    if (byte < this.#bytes.length) this.#bytes[byte] = (this.#bytes[byte] as number) | (0x80 >> (at & 7));
  }
}

/**
 * Reads what `RangeEncoder` wrote. Any bytes decode to some symbols; `finish` tells those that an encoder writes. Bytes that
 * decode to more than they can hold are refused where that shows, so that reading takes no longer than their length allows.
 *
 * Every method throws CsiError `payload-invalid` there.
 */
export class RangeDecoder implements SymbolCoder {
  readonly #bytes: Uint8Array;
  #position = 0;
  #low = 0;
  #high = WHOLE - 1;
  #value = 0;
  /** Whether the encoder's next bit is still open: what it calls pending. */
  #open = false;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < 32; i++) this.#value = 2 * this.#value + this.#nextBit();
  }

  uniform(_value: number, total: number): number {
    const value = this.#target(total);
    this.#take(value, value + 1, total);
    return value;
  }

  table(_value: number, sums: Int32Array, at: number, count: number): number {
    const base = sums[at] as number;
    const total = (sums[at + count] as number) - base;
    const target = this.#target(total) + base;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (target >= (sums[at + middle] as number)) low = middle;
      else high = middle - 1;
    }
    this.#take((sums[at + low] as number) - base, (sums[at + low + 1] as number) - base, total);
    return low;
  }

  /**
   * To be called after the last symbol.
   *
   * @returns bits that the encoder of these symbols writes, which the bytes are then; undefined where they are other bytes
   */
  finish(): number | undefined {
    // All bits that have left the registers are the encoder's. It writes a one then, unless all that follow are zeros.
    const last = this.#low > 0 || this.#open ? HALF : 0;
    if (this.#value !== last) return undefined;
    let end = this.#bytes.length;
    while (end > 0 && this.#bytes[end - 1] === 0) end--;
    const bits = end === 0 ? 0 : 8 * end - Math.log2(lowestBit(this.#bytes[end - 1] as number));
    // Beyond the registers there is nothing.
    const isRead = bits <= this.#position;
    return isRead && this.#bytes.length === Math.ceil(bits / 8) ? bits : undefined;
  }

  #target(total: number): number {
    const range = this.#high - this.#low + 1;
    return Math.floor(((this.#value - this.#low + 1) * total - 1) / range);
  }

  #take(low: number, high: number, total: number): void {
    const range = this.#high - this.#low + 1;
    this.#high = this.#low + Math.floor((range * high) / total) - 1;
    this.#low += Math.floor((range * low) / total);
    for (;;) {
      let offset = 0;
      if (this.#low >= HALF) offset = HALF;
      else if (this.#low >= QUARTER && this.#high < HALF + QUARTER) offset = QUARTER;
      else if (this.#high >= HALF) return;
      this.#open = offset === QUARTER;
      this.#low = 2 * (this.#low - offset);
      this.#high = 2 * (this.#high - offset) + 1;
      this.#value = 2 * (this.#value - offset) + this.#nextBit();
    }
  }

  /** Bits past the end are zeros. */
  #nextBit(): number {
    // The registers are 32 bits ahead.
    if (this.#position >= 8 * this.#bytes.length + 32 + MOST_ZEROS) {
      throw new CsiError('payload-invalid', `path report of ${this.#bytes.length} bytes is malformed or cut short`);
    }
    const byte = this.#bytes[this.#position >> 3] ?? 0;
    const bit = (byte >> (7 - (this.#position & 7))) & 1;
    this.#position++;
    return bit;
  }
}

function lowestBit(byte: number): number {
  return byte & -byte;
}
