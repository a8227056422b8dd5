import { CsiError } from '@edge-csi/csi';
import { kernelBase64 as int8Simd } from './kernels/int8-simd.ts';

/** The module's exports; addresses are bytes from the start of its memory. */
export interface Kernel {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number };
  /** The first byte that the host may use. */
  readonly heapBase: number;
  /** @returns phase bits, or -1 where the CSI is not usable */
  readonly encode: (model: number, truncation: number, theta: number) => number;
}

/** What is used of the platform's WebAssembly: neither a browser's nor Node's type library is assumed. */
interface WasmPlatform {
  validate(bytes: Uint8Array): boolean;
  instantiate(bytes: Uint8Array): Promise<{ readonly instance: { readonly exports: unknown } }>;
}

interface KernelExports {
  readonly memory: Kernel['memory'];
  readonly __heap_base: { readonly value: number };
  readonly encode: Kernel['encode'];
}

/**
 * Starts a kernel with a memory of its own.
 *
 * @param simd - undefined: where the platform has it
 * @throws CsiError `model-invalid` where the platform has no WebAssembly or forbids it
 */
export async function startKernel(weights: 'int8' | 'float32', simd: boolean | undefined): Promise<Kernel> {
  const bytes = await kernelBytes(weights, simd ?? hasSimd());
  const { memory, __heap_base: heapBase, encode } = await startModule<KernelExports>(bytes);
  return { memory, heapBase: heapBase.value, encode };
}

/** Whether the platform has WebAssembly with SIMD. */
export function hasSimd(): boolean {
  return platform()?.validate(bytesOf(int8Simd)) === true;
}

/**
 * Starts a module that imports nothing.
 *
 * @returns what it exports
 * @throws CsiError `model-invalid` where the platform has no WebAssembly or forbids it
 */
export async function startModule<Exports>(bytes: Uint8Array): Promise<Exports> {
  const advice = "allow it ('wasm-unsafe-eval' in a content security policy)";
  const wasm = platform();
  if (wasm === undefined) throw new CsiError('model-invalid', `the micro encoder needs WebAssembly; ${advice}`);
  try {
    return (await wasm.instantiate(bytes)).instance.exports as Exports;
  } catch (cause) {
    throw new CsiError('model-invalid', `the micro encoder's WebAssembly does not start; ${advice}`, { cause });
  }
}

function platform(): WasmPlatform | undefined {
  return (globalThis as { WebAssembly?: WasmPlatform }).WebAssembly;
}

/** All but the usual one are loaded where they are needed: bundles stay small. */
async function kernelBytes(weights: 'int8' | 'float32', simd: boolean): Promise<Uint8Array> {
  if (weights === 'int8') return bytesOf(simd ? int8Simd : (await import('./kernels/int8-scalar.ts')).kernelBase64);
  const { kernelBase64 } = await (simd ? import('./kernels/float32-simd.ts') : import('./kernels/float32-scalar.ts'));
  return bytesOf(kernelBase64);
}

export function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
