import { BitReader, BitWriter, isCanonical } from '../bits.ts';
import type { BitString, Codeword, Latent } from '../csi.ts';
import { CsiError } from '../errors.ts';

/**
 * Mid-rise uniform quantiser of a latent, one step and one bit count per component.
 *
 * Truncation drops least significant bits at run time: a component keeps at least one bit, and its levels are those
 * of the same quantiser with the step doubled for every bit dropped.
 */
export interface Quantizer {
  /** Number of components, the codeword length M. */
  readonly length: number;
  /** Bits each component keeps after truncation, `[length]`. */
  readonly bits: Uint8Array;
  /** Bits of one packed codeword. */
  readonly totalBits: number;
  /** Least significant bits each component drops, as far as one bit stays. */
  readonly truncation: number;
  /** The same quantiser with another truncation, counted from the model's full bit counts. */
  withTruncation(truncation: number): Quantizer;
  /** @throws CsiError `csi-invalid` naming a component that is not finite. */
  quantize(latent: Latent): Codeword;
  /** Writes the centred integers c = (2u + 1) 2^d - 2^b, `[length]`: twice the value in units of the full-rate step. */
  centredInto(out: Int16Array, codeword: Codeword): void;
  /** Writes the latent the codeword stands for, c * step / 2, `[length]`. */
  dequantizeInto(out: Float32Array, codeword: Codeword): void;
  /** Writes half the width of each component's cell after truncation, `[length]`, in units of the latent. */
  cellInto(out: Float32Array): void;
  /** @throws RangeError where a level does not fit in its component's bits. */
  pack(codeword: Codeword): BitString;
  /** @throws CsiError `payload-invalid` on a wrong length or non-zero padding. */
  unpack(bytes: Uint8Array): Codeword;
}

/**
 * Creates the quantiser of a model.
 *
 * @param bits - bits per component at full rate, 1..8 each
 * @param step - quantiser step per component, in units of the latent
 * @param truncation - least significant bits to drop, 0..7
 * @throws RangeError where a bit count, a step or the truncation is out of range.
 */
export function createQuantizer(bits: readonly number[], step: readonly number[], truncation = 0): Quantizer {
  if (bits.length !== step.length) {
    throw new RangeError(`bits has ${bits.length} components and step ${step.length}, must be equally many`);
  }
  bits.forEach((value, i) => {
    if (!Number.isInteger(value) || value < 1 || value > 8) {
      throw new RangeError(`bits[${i}] is ${value}, must be 1..8`);
    }
  });
  step.forEach((value, i) => {
    if (!(value > 0 && Number.isFinite(value))) throw new RangeError(`step[${i}] is ${value}, must be above 0`);
  });
  return new UniformQuantizer(Uint8Array.from(bits), Float64Array.from(step), truncation);
}

class UniformQuantizer implements Quantizer {
  readonly length: number;
  readonly bits: Uint8Array;
  readonly totalBits: number;
  readonly truncation: number;
  readonly #fullBits: Uint8Array;
  readonly #step: Float64Array;

  constructor(fullBits: Uint8Array, step: Float64Array, truncation: number) {
    if (!Number.isInteger(truncation) || truncation < 0 || truncation > 7) {
      throw new RangeError(`truncation is ${truncation}, must be 0..7`);
    }
    this.length = fullBits.length;
    this.truncation = truncation;
    this.bits = fullBits.map((b) => Math.max(1, b - truncation));
    this.totalBits = this.bits.reduce((sum, b) => sum + b, 0);
    this.#fullBits = fullBits;
    this.#step = step;
  }

  withTruncation(truncation: number): Quantizer {
    return truncation === this.truncation ? this : new UniformQuantizer(this.#fullBits, this.#step, truncation);
  }

  quantize(latent: Latent): Codeword {
    const { values } = latent;
    this.#checkLength('latent', values.length);
    const levels = new Uint8Array(this.length);
    for (let i = 0; i < this.length; i++) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) throw new CsiError('csi-invalid', `latent component ${i} is ${value}`);
      const full = this.#fullBits[i] as number;
      const level = Math.floor(value / (this.#step[i] as number)) + (1 << (full - 1));
      levels[i] = Math.min(Math.max(level, 0), (1 << full) - 1) >> (full - (this.bits[i] as number));
    }
    return { domain: 'codeword', levels };
  }

  centredInto(out: Int16Array, codeword: Codeword): void {
    const { levels } = codeword;
    this.#checkLength('out', out.length);
    this.#checkLength('codeword', levels.length);
    for (let i = 0; i < this.length; i++) out[i] = this.#centred(i, levels[i] as number);
  }

  dequantizeInto(out: Float32Array, codeword: Codeword): void {
    const { levels } = codeword;
    this.#checkLength('out', out.length);
    this.#checkLength('codeword', levels.length);
    for (let i = 0; i < this.length; i++) {
      out[i] = (this.#centred(i, levels[i] as number) * (this.#step[i] as number)) / 2;
    }
  }

  cellInto(out: Float32Array): void {
    this.#checkLength('out', out.length);
    for (let i = 0; i < this.length; i++) {
      const dropped = (this.#fullBits[i] as number) - (this.bits[i] as number);
      out[i] = ((this.#step[i] as number) * 2 ** dropped) / 2;
    }
  }

  pack(codeword: Codeword): BitString {
    const { levels } = codeword;
    this.#checkLength('codeword', levels.length);
    const writer = new BitWriter(this.totalBits);
    for (let i = 0; i < this.length; i++) writer.write(levels[i] as number, this.bits[i] as number);
    return writer.finish();
  }

  unpack(bytes: Uint8Array): Codeword {
    if (!isCanonical(bytes, this.totalBits)) {
      throw new CsiError(
        'payload-invalid',
        `codeword of ${bytes.length} bytes, expected ${Math.ceil(this.totalBits / 8)} with zero padding after ${this.totalBits} bits`,
      );
    }
    const reader = new BitReader(bytes);
    const levels = new Uint8Array(this.length);
    for (let i = 0; i < this.length; i++) levels[i] = reader.read(this.bits[i] as number);
    return { domain: 'codeword', levels };
  }

  #centred(component: number, level: number): number {
    const full = this.#fullBits[component] as number;
    const dropped = full - (this.bits[component] as number);
    return ((2 * level + 1) << dropped) - (1 << full);
  }

  #checkLength(name: string, length: number): void {
    if (length !== this.length) throw new RangeError(`${name} has ${length} components, must have ${this.length}`);
  }
}
