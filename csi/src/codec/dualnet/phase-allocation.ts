import { CsiError, requireCount } from '../../errors.ts';
import {
  type CoarseKernel,
  type CoarseOperands,
  createJsKernel,
  createWasmKernel,
  hasWasmKernel,
} from './coarse-product.ts';

/** 2^-1/2 in Q16: rounding log2 to the nearest integer puts the thresholds half an octave below the powers of two. */
const INVERSE_SQRT2_Q16 = 46341;

/** Theta counts sixteenths of the coarse magnitude's unit, so that low thresholds can be told apart. */
const THETA_UNIT_PER_COARSE = 16;

/** Largest rate knob theta, so that every threshold is an exact double. */
export const MAX_THETA = 2 ** 24;

/** How many phase or sign bits each entry gets, derived from the codeword that both ends know. */
export interface PhaseAllocation {
  /** Entries that get bits: Nt * Nd for phases, 2 * Nt * Nd for the signs of real and imaginary parts. */
  readonly numEntries: number;
  /** Most bits one entry gets, 1..8; 1 for signs. */
  readonly maxBits: number;
  /** Writes the coarse magnitude P c + b, int32 `[numEntries]`, of the centred codeword `[codewordLength]`. */
  coarseInto(out: Int32Array, centred: Int16Array): void;
  /**
   * Writes the bits of each entry, `[numEntries]`: clip(round(log2(16 coarse / theta)), 0, maxBits), by comparison
   * with integer thresholds, hence the same on every platform.
   *
   * @param theta - rate knob in sixteenths of the coarse magnitude's unit, integer 1..2^24; larger means fewer bits
   * @returns the sum of all bits
   */
  allocateInto(out: Uint8Array, centred: Int16Array, theta: number): number;
}

/** What a phase allocation is made of. */
export interface PhaseAllocationOptions {
  /** int8 `[numEntries][codewordLength]`, then int32 little endian `[numEntries]`. Copied. */
  readonly bytes: Uint8Array;
  readonly numEntries: number;
  readonly codewordLength: number;
  readonly maxBits: number;
  /** What computes the coarse magnitude, with the same result: WebAssembly SIMD where the platform has it, by default. */
  readonly kernel?: 'wasm' | 'js';
}

/**
 * Creates the phase allocation of a model.
 *
 * @throws CsiError `model-invalid` where `bytes` does not fit the shape.
 * @throws RangeError where a size or `maxBits` is out of range.
 */
export function createPhaseAllocation(options: PhaseAllocationOptions): PhaseAllocation {
  const { bytes, numEntries, codewordLength, maxBits } = options;
  requireCount('numEntries', numEntries);
  requireCount('codewordLength', codewordLength);
  requireMaxBits(maxBits);
  const expected = numEntries * (codewordLength + 4);
  if (bytes.length !== expected) {
    throw new CsiError(
      'model-invalid',
      `allocation has ${bytes.length} bytes, ${numEntries} entries of ${codewordLength} components need ${expected}`,
    );
  }
  return new CodewordAllocation({ ...options, bytes: bytes.slice() });
}

/**
 * Thresholds of the coarse magnitude, `[maxBits]`, all at least 1: an entry at or above the first k of them gets k bits.
 *
 * @param theta - rate knob in sixteenths of the coarse magnitude's unit, integer 1..2^24
 * @param maxBits - most bits of an entry, 1..8
 */
export function phaseThresholds(theta: number, maxBits: number): Float64Array {
  if (!Number.isInteger(theta) || theta < 1 || theta > MAX_THETA) {
    throw new RangeError(`theta is ${theta}, must be an integer in 1..${MAX_THETA}`);
  }
  requireMaxBits(maxBits);
  return Float64Array.from({ length: maxBits }, (_, k) =>
    Math.max(1, Math.floor((theta * INVERSE_SQRT2_Q16 * 2 ** (k + 1)) / (65536 * THETA_UNIT_PER_COARSE))),
  );
}

class CodewordAllocation implements PhaseAllocation {
  readonly numEntries: number;
  readonly maxBits: number;
  readonly #options: PhaseAllocationOptions;
  /** Made when it is first needed: an encoder with a kernel of its own never does. */
  #kernel: CoarseKernel | undefined;

  constructor(options: PhaseAllocationOptions) {
    this.numEntries = options.numEntries;
    this.maxBits = options.maxBits;
    this.#options = options;
  }

  coarseInto(out: Int32Array, centred: Int16Array): void {
    this.#checkOut(out.length);
    const coarse = this.#coarse(centred);
    for (let entry = 0; entry < this.numEntries; entry++) out[entry] = coarse[entry] as number;
  }

  allocateInto(out: Uint8Array, centred: Int16Array, theta: number): number {
    this.#checkOut(out.length);
    const thresholds = phaseThresholds(theta, this.maxBits);
    const coarse = this.#coarse(centred);
    let totalBits = 0;
    for (let entry = 0; entry < this.numEntries; entry++) {
      const magnitude = coarse[entry] as number;
      let bits = 0;
      while (bits < thresholds.length && magnitude >= (thresholds[bits] as number)) bits++;
      out[entry] = bits;
      totalBits += bits;
    }
    return totalBits;
  }

  #coarse(centred: Int16Array): Int32Array {
    const { codewordLength } = this.#options;
    if (centred.length !== codewordLength) {
      throw new RangeError(`centred has ${centred.length} components, must have ${codewordLength}`);
    }
    this.#kernel ??= createKernel(this.#options);
    this.#kernel.input.set(centred);
    return this.#kernel.run();
  }

  #checkOut(length: number): void {
    if (length !== this.numEntries) throw new RangeError(`out has ${length} entries, must have ${this.numEntries}`);
  }
}

function createKernel({ bytes, numEntries, codewordLength, kernel }: PhaseAllocationOptions): CoarseKernel {
  const operands = readOperands(bytes, numEntries, codewordLength);
  return (kernel ?? (hasWasmKernel() ? 'wasm' : 'js')) === 'wasm'
    ? createWasmKernel(operands)
    : createJsKernel(operands);
}

function readOperands(bytes: Uint8Array, numEntries: number, codewordLength: number): CoarseOperands {
  const matrix = new Int8Array(bytes.buffer, bytes.byteOffset, numEntries * codewordLength);
  const view = new DataView(bytes.buffer, bytes.byteOffset + matrix.length);
  const bias = Int32Array.from({ length: numEntries }, (_, entry) => view.getInt32(4 * entry, true));
  return { matrix, bias, numEntries, codewordLength };
}

function requireMaxBits(maxBits: number): void {
  if (!Number.isInteger(maxBits) || maxBits < 1 || maxBits > 8) {
    throw new RangeError(`maxBits is ${maxBits}, must be an integer in 1..8`);
  }
}
