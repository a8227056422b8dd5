export type { IntegerConv } from './integer-conv.ts';
export { type IntegerEncoder, integerEncoder } from './integer-encoder.ts';
export { createMicroEncoder, type MicroOptions } from './micro-encoder.ts';
