/**
 * The decode stage without a server, for measuring it: runs in the calling thread.
 *
 * @module @edge-csi/bs-server/decoding
 */
export { BatchBuffers } from './batch-buffers.ts';
export { decoderModelOf } from './decoder-model.ts';
export type { Graph } from './graph.ts';
export { ModelDecoder } from './model-decoder.ts';
export { type OrtProbe, openOrtGraph, openOrtProbe } from './ort-graph.ts';
export { createRefine } from './refine.ts';
export { UplinkOnlyDecoder, uplinkOnlyDecoderModelOf } from './uplink-only-decoder.ts';
