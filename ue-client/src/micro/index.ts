/**
 * The encoder in a WebAssembly module of a few kilobytes.
 *
 * @module @edge-csi/ue-client/micro
 */
export type { IntegerConv } from './integer-conv.ts';
export { type IntegerEncoder, integerEncoder } from './integer-encoder.ts';
export { createMicroEncoder, type MicroOptions } from './micro-encoder.ts';
