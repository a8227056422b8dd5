// A decode worker of a site that spreads over machines. Apart from the server, since it loads the broker's client.
export type { DecodeWorker } from './decode-worker.ts';
export { startDecodeWorker } from './worker-server.ts';
