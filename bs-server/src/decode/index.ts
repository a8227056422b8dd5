/**
 * Networks on onnxruntime-node without a server, for measuring them: they run in the calling thread.
 *
 * @module @edge-csi/bs-server/decode
 */
export type { Graph } from './graph.ts';
export { bsCodecOf, uplinkOnlyWorkerModelOf, workerModelOf } from './loaded-model.ts';
export { type OrtProbe, openOrtGraph, openOrtProbe } from './ort-graph.ts';
