/**
 * The BS server, the base band that feeds it and the subscribers of its estimates.
 *
 * @module @edge-csi/bs-server
 */
export type { BsServer } from './bs-server.ts';
export type { NatsOptions } from './cluster/nats-options.ts';
export type { ExecutionProvider } from './decoding/graph.ts';
export type { Activation, LifecycleStatus, ModelLifecycle, ModelStatus } from './lifecycle/model-lifecycle.ts';
export {
  type EstimateSubscription,
  type EstimateSubscriptionOptions,
  subscribeEstimates,
} from './neighbours/estimate-subscription.ts';
export { connectPhyFeed, type PhyFeed, type PhyFeedOptions } from './neighbours/phy-feed.ts';
export type { ClientTls } from './neighbours/socket.ts';
export { type BsServerOptions, DEFAULTS } from './options.ts';
export { startBsServer } from './server.ts';
export type { ServerStats } from './telemetry/server-stats.ts';
export { type AccessGrant, type AccessRole, signAccessToken } from './transport/access-token.ts';
export type { Limits } from './transport/limits.ts';
export type { StaticFile } from './transport/model-routes.ts';
export type { BaseBand, PageAnswer, PageRequest, Pages } from './transport/pages.ts';
export type { ServerTls } from './transport/security.ts';
export type { ConfigChange } from './transport/session-config.ts';
