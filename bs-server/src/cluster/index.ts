/**
 * What a site that spreads over machines has beside the server. Apart from it, since it loads the broker's client.
 *
 * @module @edge-csi/bs-server/cluster
 */
export { ReportPipeline } from '../join/report-pipeline.ts';
export { loadCatalog, readDecoder } from '../ops/model-catalog.ts';
export { resolveOptions } from '../options.ts';
export { AnswerWriter, writeTaken } from './decode-answer.ts';
export { readDecodeRequest } from './decode-request.ts';
export { type DecodeWorker, startDecodeWorker } from './decode-worker.ts';
export { Gateway } from './gateway.ts';
export { connectNats } from './nats-broker.ts';
export { beatSubject, decodeQueue, decodeSubject, peerName } from './subjects.ts';
export { beatMs, writeBeat } from './worker-beat.ts';
