import type { BatchQueues } from '../batching/batch-queues.ts';
import type { BatchDecoder } from '../decoding/batch-decoder.ts';
import type { Broker } from './broker.ts';
import type { ClusterTally } from './cluster-tally.ts';
import type { WorkerJob } from './open-request.ts';

/** Told of every result, for the counters. */
interface ServiceListener {
  accepted(model: string, count: number): void;
  settled(model: string, outcome: 'decoded' | 'late' | 'shed' | 'invalid', count: number): void;
  batchDone(model: string, size: number, decodeMs: number, codewordDrift: number | undefined): void;
}

export interface DecodeServiceParts {
  readonly broker: Broker;
  readonly worker: string;
  readonly decoder: BatchDecoder<WorkerJob>;
  readonly queues: BatchQueues<WorkerJob>;
  /** Keys of the models at the start. */
  readonly models: Iterable<string>;
  /** Jobs that may wait for one model's decoder; a request beyond that is refused. */
  readonly maxQueueSize: number;
  /** How late the event loop is: a message may have waited that long already. */
  readonly lagMs: () => number;
  readonly tally: ClusterTally;
  readonly listener: ServiceListener;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}
