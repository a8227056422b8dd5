import { compiles, compileWasm } from '../../transform/wasm-kernel.ts';
import { COARSE_KERNEL_BASE64 } from './coarse-kernel-bytes.ts';
/** An integer matrix-vector product m = P c + b in wrapping int32 arithmetic, with its own buffers. */
export interface CoarseKernel {
  /** The vector c, `[codewordLength]`, for the caller to fill. */
  readonly input: Int16Array;
  /** Computes m, `[numEntries]`, from `input`. The result is valid until the next call. */
  run(): Int32Array;
}

/** Operands of a coarse magnitude. */
export interface CoarseOperands {
  /** P, int8, row-major `[numEntries][codewordLength]`. */
  readonly matrix: Int8Array;
  /** b, `[numEntries]`. */
  readonly bias: Int32Array;
  readonly numEntries: number;
  readonly codewordLength: number;
}

/** The product in plain JavaScript, for platforms without WebAssembly SIMD. */
export function createJsKernel({ matrix, bias, numEntries, codewordLength }: CoarseOperands): CoarseKernel {
  const input = new Int16Array(codewordLength);
  const output = new Int32Array(numEntries);
  return {
    input,
    run() {
      multiplyInto(output, matrix, input, bias);
      return output;
    },
  };
}

function multiplyInto(out: Int32Array, matrix: Int8Array, vector: Int16Array, bias: Int32Array): void {
  const width = vector.length;
  // Four rows at a time share the loads of the vector; `| 0` keeps sums in int32, as WebAssembly's are.
  let row = 0;
  for (; row + 4 <= out.length; row += 4) {
    const at0 = row * width;
    const at1 = at0 + width;
    const at2 = at1 + width;
    const at3 = at2 + width;
    let sum0 = bias[row] as number;
    let sum1 = bias[row + 1] as number;
    let sum2 = bias[row + 2] as number;
    let sum3 = bias[row + 3] as number;
    for (let i = 0; i < width; i++) {
      const element = vector[i] as number;
      sum0 = (sum0 + Math.imul(matrix[at0 + i] as number, element)) | 0;
      sum1 = (sum1 + Math.imul(matrix[at1 + i] as number, element)) | 0;
      sum2 = (sum2 + Math.imul(matrix[at2 + i] as number, element)) | 0;
      sum3 = (sum3 + Math.imul(matrix[at3 + i] as number, element)) | 0;
    }
    out[row] = sum0;
    out[row + 1] = sum1;
    out[row + 2] = sum2;
    out[row + 3] = sum3;
  }
  for (; row < out.length; row++) {
    let sum = bias[row] as number;
    for (let i = 0; i < width; i++) {
      sum = (sum + Math.imul(matrix[row * width + i] as number, vector[i] as number)) | 0;
    }
    out[row] = sum;
  }
}

/** The kernel takes 4 rows at a time, 8 elements of each. */
const ROWS_PER_STEP = 4;
const ELEMENTS_PER_STEP = 8;

interface KernelExports {
  multiply(matrix: number, vector: number, bias: number, out: number, rows: number, width: number): void;
}

/** Whether this platform runs the kernel. */
export function hasWasmKernel(): boolean {
  return compiles(COARSE_KERNEL_BASE64);
}

/**
 * The product in WebAssembly SIMD. Rows are padded with zeros to the kernel's step, which adds nothing to a sum.
 *
 * @throws Error where the platform has no WebAssembly SIMD or forbids compiling it.
 */
export function createWasmKernel(operands: CoarseOperands): CoarseKernel {
  const { matrix, bias, numEntries, codewordLength } = operands;
  const rows = roundUp(numEntries, ROWS_PER_STEP);
  const width = roundUp(codewordLength, ELEMENTS_PER_STEP);
  const vectorAt = 0;
  const biasAt = vectorAt + 2 * width;
  const outAt = biasAt + 4 * rows;
  const matrixAt = outAt + 4 * rows;
  const { exports, memory } = compileWasm(COARSE_KERNEL_BASE64).instantiate(matrixAt + rows * width);

  new Int32Array(memory, biasAt, numEntries).set(bias);
  const padded = new Int8Array(memory, matrixAt, rows * width);
  for (let entry = 0; entry < numEntries; entry++) {
    padded.set(matrix.subarray(entry * codewordLength, (entry + 1) * codewordLength), entry * width);
  }
  const { multiply } = exports as KernelExports;
  const output = new Int32Array(memory, outAt, numEntries);
  return {
    input: new Int16Array(memory, vectorAt, codewordLength),
    run() {
      multiply(matrixAt, vectorAt, biasAt, outAt, rows, width);
      return output;
    },
  };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
