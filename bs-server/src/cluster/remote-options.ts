import type { WorkerModel } from '../decode/thread-port.ts';
import type { ConnectBroker } from './broker.ts';
import type { ClusterTally } from './cluster-tally.ts';

export interface RemoteDecoderOptions {
  readonly connect: ConnectBroker;
  /** Name of this gateway among all: a token of a subject. */
  readonly gateway: string;
  readonly cell: string;
  /** Whether anybody wants estimates from this gateway at present. */
  readonly wantsEstimates: () => boolean;
  readonly tally: ClusterTally;
  /** Models at the start. */
  readonly models: readonly WorkerModel[];
  /** Most jobs of one request. */
  readonly maxBatchSize: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}
