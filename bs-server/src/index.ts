export type { ExecutionProvider } from './decoding/graph.ts';
export { type BsServerOptions, DEFAULTS } from './options.ts';
export { type BsServer, startBsServer } from './server.ts';
export type { ServerStats } from './telemetry/server-stats.ts';
export type { ConfigChange } from './transport/session-config.ts';
