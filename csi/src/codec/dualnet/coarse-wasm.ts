import { compiles, compileWasm } from '../../wasm-module.ts';
import { COARSE_KERNEL_BASE64 } from './coarse-kernel-bytes.ts';
import type { CoarseKernel, CoarseOperands } from './coarse-magnitude.ts';

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
