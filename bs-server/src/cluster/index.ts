// What a site that spreads over machines has beside the server. Apart from it, since it loads the broker's client.
export type { DecodeWorker } from './decode-worker.ts';
export { type GatewayStage, startGatewayStage } from './gateway-stage.ts';
export { startRecordedWorker } from './recorded-worker.ts';
export { startDecodeWorker } from './worker-server.ts';
