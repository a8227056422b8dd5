import { COARSE_KERNEL_BASE64 } from './coarse-kernel-bytes.ts';
import type { CoarseKernel, CoarseOperands } from './coarse-magnitude.ts';

/** The kernel takes 4 rows at a time, 8 elements of each. */
const ROWS_PER_STEP = 4;
const ELEMENTS_PER_STEP = 8;

const PAGE_BYTES = 65536;

interface WasmMemory {
  readonly buffer: ArrayBuffer;
}

/** What is used of the platform's WebAssembly: neither a browser's nor Node's type library is assumed. */
interface WasmPlatform {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: { host: { memory: WasmMemory } }) => { readonly exports: unknown };
  Memory: new (size: { initial: number; maximum: number }) => WasmMemory;
}

interface KernelExports {
  multiply(matrix: number, vector: number, bias: number, out: number, rows: number, width: number): void;
}

/** Whether this platform compiles the kernel: SIMD may be missing, or a content security policy forbid WebAssembly. */
export function hasWasmKernel(): boolean {
  try {
    compileKernel();
    return true;
  } catch {
    return false;
  }
}

/**
 * The product in WebAssembly SIMD. Rows are padded with zeros to the kernel's step, which adds nothing to a sum.
 *
 * @throws Error where the platform has no WebAssembly SIMD or forbids compiling it.
 */
export function createWasmKernel(operands: CoarseOperands): CoarseKernel {
  const { platform, module } = compileKernel();
  const { matrix, bias, numEntries, codewordLength } = operands;
  const rows = roundUp(numEntries, ROWS_PER_STEP);
  const width = roundUp(codewordLength, ELEMENTS_PER_STEP);
  const vectorAt = 0;
  const biasAt = vectorAt + 2 * width;
  const outAt = biasAt + 4 * rows;
  const matrixAt = outAt + 4 * rows;
  const pages = Math.ceil((matrixAt + rows * width) / PAGE_BYTES);
  const memory = new platform.Memory({ initial: pages, maximum: pages });

  new Int32Array(memory.buffer, biasAt, numEntries).set(bias);
  const padded = new Int8Array(memory.buffer, matrixAt, rows * width);
  for (let entry = 0; entry < numEntries; entry++) {
    padded.set(matrix.subarray(entry * codewordLength, (entry + 1) * codewordLength), entry * width);
  }
  const instance = new platform.Instance(module, { host: { memory } });
  const { multiply } = instance.exports as KernelExports;
  const output = new Int32Array(memory.buffer, outAt, numEntries);
  return {
    input: new Int16Array(memory.buffer, vectorAt, codewordLength),
    run() {
      multiply(matrixAt, vectorAt, biasAt, outAt, rows, width);
      return output;
    },
  };
}

function compileKernel(): { platform: WasmPlatform; module: object } {
  const { WebAssembly: platform } = globalThis as { WebAssembly?: WasmPlatform };
  if (platform === undefined) throw new Error('this platform has no WebAssembly');
  // A few hundred bytes: small enough to compile on any thread without waiting.
  const bytes = Uint8Array.from(atob(COARSE_KERNEL_BASE64), (character) => character.charCodeAt(0));
  return { platform, module: new platform.Module(bytes) };
}

function roundUp(value: number, step: number): number {
  return Math.ceil(value / step) * step;
}
