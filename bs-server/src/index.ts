/**
 * The BS server, the base band that feeds it and the subscribers of its estimates.
 *
 * @module @edge-csi/bs-server
 */
export { CsiError, EdgeCsiError, evaluatePaths } from '@edge-csi/csi';
export { WireError } from '@edge-csi/proto';
export {
  type Estimate,
  type EstimateSubscription,
  type EstimateSubscriptionOptions,
  type PathEstimate,
  type PathSubscriptionOptions,
  subscribeEstimates,
} from './clients/estimate-subscription.ts';
export { connectPhyFeed, type PhyFeed, type PhyFeedOptions } from './clients/phy-feed.ts';
export type { ExecutionProvider } from './decode/graph.ts';
export type { ConfigChange } from './ingest/session-config.ts';
export { type AccessGrant, type AccessRole, signAccessToken } from './net/access-token.ts';
export type { StaticFile } from './net/http-answer.ts';
export type { Limits } from './net/limits.ts';
export type { BaseBand, PageAnswer, PageRequest, Pages } from './net/pages.ts';
export { type ClientTls, clientTlsProblem, type ServerTls } from './net/tls.ts';
export { assertFramesFit } from './ops/model-catalog.ts';
export type { Activation, LifecycleStatus, ModelLifecycle, ModelStatus } from './ops/model-lifecycle.ts';
export type { ServerStats } from './ops/server-stats.ts';
export { type BsServerOptions, bsServerDefaults, type NatsOptions } from './options.ts';
export { type BsServer, startBsServer } from './server.ts';
