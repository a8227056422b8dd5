// The encoders that a network's runtime is loaded for, in one module: apart, bundlers would cut what they share into further chunks, which
// every UE would load.
export { createComplexEncoder } from './csi/encoder.ts';
export { dualnetEncoderOf } from './dualnet/encoder.ts';
