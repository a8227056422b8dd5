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
