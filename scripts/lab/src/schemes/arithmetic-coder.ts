import type { BitString } from '@edge-csi/csi';

/** Sum of the frequencies of every alphabet. */
export const frequencyTotal = 2 ** 16;

const half = 2 ** 31;
const quarter = 2 ** 30;
const whole = 2 ** 32;

/**
 * Arithmetic coder with 32-bit registers (Witten, Neal and Cleary, "Arithmetic coding for data compression", CACM 30(6),
 * 1987). A symbol is the share `[low, high)` of `frequencyTotal` that it owns.
 */
export class ArithmeticEncoder {
  #low = 0;
  #high = whole - 1;
  #pending = 0;
  readonly #bits: number[] = [];

  /** Codes a symbol that owns `[low, high)` of `frequencyTotal`, integers. */
  encode(low: number, high: number): void {
    // Products stay below 2^48, exact in a double.
    const range = this.#high - this.#low + 1;
    this.#high = this.#low + Math.floor((range * high) / frequencyTotal) - 1;
    this.#low += Math.floor((range * low) / frequencyTotal);
    for (;;) {
      if (this.#high < half) this.#emit(0);
      else if (this.#low >= half) {
        this.#emit(1);
        this.#low -= half;
        this.#high -= half;
      } else if (this.#low >= quarter && this.#high < half + quarter) {
        this.#pending++;
        this.#low -= quarter;
        this.#high -= quarter;
      } else return;
      this.#low = 2 * this.#low;
      this.#high = 2 * this.#high + 1;
    }
  }

  /** The bits of all symbols. What follows them on the wire does not matter to the decoder. */
  finish(): BitString {
    this.#pending++;
    this.#emit(this.#low < quarter ? 0 : 1);
    const bytes = new Uint8Array(Math.ceil(this.#bits.length / 8));
    for (const [i, bit] of this.#bits.entries()) bytes[i >> 3] = (bytes[i >> 3] as number) | (bit << (7 - (i & 7)));
    return { bytes, bitLength: this.#bits.length };
  }

  #emit(bit: number): void {
    this.#bits.push(bit);
    for (; this.#pending > 0; this.#pending--) this.#bits.push(1 - bit);
  }
}

/** Reads what `ArithmeticEncoder` wrote, symbol by symbol. */
export class ArithmeticDecoder {
  readonly #bytes: Uint8Array;
  #position = 0;
  #low = 0;
  #high = whole - 1;
  #value = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    for (let i = 0; i < 32; i++) this.#value = 2 * this.#value + this.#nextBit();
  }

  /** Where in `0 .. frequencyTotal - 1` the next symbol's share lies. */
  target(): number {
    const range = this.#high - this.#low + 1;
    return Math.floor(((this.#value - this.#low + 1) * frequencyTotal - 1) / range);
  }

  /** Takes the symbol that owns `[low, high)`, which holds `target()`. */
  take(low: number, high: number): void {
    const range = this.#high - this.#low + 1;
    this.#high = this.#low + Math.floor((range * high) / frequencyTotal) - 1;
    this.#low += Math.floor((range * low) / frequencyTotal);
    for (;;) {
      let offset = 0;
      if (this.#low >= half) offset = half;
      else if (this.#low >= quarter && this.#high < half + quarter) offset = quarter;
      else if (this.#high >= half) return;
      this.#low = 2 * (this.#low - offset);
      this.#high = 2 * (this.#high - offset) + 1;
      this.#value = 2 * (this.#value - offset) + this.#nextBit();
    }
  }

  /** Bits past the end count as 0. */
  #nextBit(): number {
    const byte = this.#bytes[this.#position >> 3] ?? 0;
    const bit = (byte >> (7 - (this.#position & 7))) & 1;
    this.#position++;
    return bit;
  }
}
