import type { BitString } from './csi.ts';

/** Widest field a `BitWriter` or `BitReader` takes at a go. */
const MAX_FIELD_BITS = 8;

/** Writes fields of 0..8 bits back to back, most significant bit first, into a buffer of known length. */
export class BitWriter {
  readonly #bytes: Uint8Array;
  readonly #bitLength: number;
  #written = 0;
  #pending = 0;
  #pendingBits = 0;
  #position = 0;

  /** @param bitLength - number of bits that will be written in all */
  constructor(bitLength: number) {
    if (!Number.isInteger(bitLength) || bitLength < 0) {
      throw new RangeError(`bitLength is ${bitLength}, must be an integer of at least 0`);
    }
    this.#bitLength = bitLength;
    this.#bytes = new Uint8Array(Math.ceil(bitLength / 8));
  }

  /** @throws RangeError where `value` does not fit in `bits`, or more than `bitLength` bits are written. */
  write(value: number, bits: number): void {
    if (!(bits >= 0 && bits <= MAX_FIELD_BITS)) throw new RangeError(`bits is ${bits}, must be 0..${MAX_FIELD_BITS}`);
    if (value >>> bits !== 0) throw new RangeError(`value ${value} does not fit in ${bits} bits`);
    this.#written += bits;
    if (this.#written > this.#bitLength) {
      throw new RangeError(`${this.#written} bits written, the bit string holds ${this.#bitLength}`);
    }
    // High bits shifted out of the 32 are bytes already stored.
    this.#pending = (this.#pending << bits) | value;
    this.#pendingBits += bits;
    if (this.#pendingBits >= 8) {
      this.#pendingBits -= 8;
      this.#bytes[this.#position++] = this.#pending >>> this.#pendingBits;
    }
  }

  /**
   * The bits written, zero padded to a byte.
   *
   * @throws RangeError where fewer bits were written than announced.
   */
  finish(): BitString {
    if (this.#written !== this.#bitLength) {
      throw new RangeError(`${this.#written} bits written, the bit string holds ${this.#bitLength}`);
    }
    if (this.#pendingBits > 0) this.#bytes[this.#position] = this.#pending << (8 - this.#pendingBits);
    return { bytes: this.#bytes, bitLength: this.#bitLength };
  }
}

/** Reads fields of 0..8 bits, most significant bit first. */
export class BitReader {
  readonly #bytes: Uint8Array;
  #pending = 0;
  #pendingBits = 0;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws RangeError where fewer than `bits` bits are left. */
  read(bits: number): number {
    if (!(bits >= 0 && bits <= MAX_FIELD_BITS)) throw new RangeError(`bits is ${bits}, must be 0..${MAX_FIELD_BITS}`);
    if (this.#pendingBits < bits) {
      const byte = this.#bytes[this.#position++];
      if (byte === undefined) throw new RangeError(`read past the end of ${this.#bytes.length} bytes`);
      this.#pending = (this.#pending << 8) | byte;
      this.#pendingBits += 8;
    }
    this.#pendingBits -= bits;
    return (this.#pending >>> this.#pendingBits) & ((1 << bits) - 1);
  }
}

/** Whether `bytes` is exactly as long as `bitLength` bits need and its padding is zero: one encoding per bit string. */
export function isCanonical(bytes: Uint8Array, bitLength: number): boolean {
  if (bytes.length !== Math.ceil(bitLength / 8)) return false;
  const padding = bytes.length * 8 - bitLength;
  return padding === 0 || ((bytes[bytes.length - 1] as number) & ((1 << padding) - 1)) === 0;
}
