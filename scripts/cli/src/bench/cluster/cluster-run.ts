import type { GatewayIngest } from './gateway-ingest.ts';
import type { PathCost } from './path-cost.ts';

/** What the way over a broker costs for one model, one entry a round. */
export interface ClusterRun {
  readonly model: string;
  readonly ratePerSecond: number;
  readonly ues: number;
  readonly inProcess: readonly PathCost[];
  readonly overBroker: readonly PathCost[];
  readonly ingest: readonly GatewayIngest[];
}
