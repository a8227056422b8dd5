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

/** A compiled kernel, ready to be given memory. */
export interface WasmModule {
  /** Starts the kernel on zeroed memory of its own. What it exports is for the caller to know. */
  instantiate(numBytes: number): { readonly exports: unknown; readonly memory: ArrayBuffer };
}

/** Whether this platform compiles a kernel: SIMD may be missing, or a content security policy forbid WebAssembly. */
export function compiles(base64: string): boolean {
  try {
    compileWasm(base64);
    return true;
  } catch {
    return false;
  }
}

/** @throws Error where the platform has no WebAssembly SIMD or forbids compiling it. */
export function compileWasm(base64: string): WasmModule {
  const { WebAssembly: platform } = globalThis as { WebAssembly?: WasmPlatform };
  if (platform === undefined) throw new Error('this platform has no WebAssembly');
  // A few hundred bytes: small enough to compile on any thread without waiting.
  const module = new platform.Module(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
  return {
    instantiate(numBytes) {
      const pages = Math.ceil(numBytes / PAGE_BYTES);
      const memory = new platform.Memory({ initial: pages, maximum: pages });
      return { exports: new platform.Instance(module, { host: { memory } }).exports, memory: memory.buffer };
    },
  };
}
