import type { BatchDecoder } from '../decode/batch-decoder.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import type { BatchQueues } from '../queue/batch-queues.ts';
import type { Broker } from './broker.ts';
import type { ClusterTally } from './cluster-tally.ts';
import type { WorkerJob } from './open-request.ts';

/** Told of every result, for the counters. */
interface ServiceListener {
  accepted(model: string, count: number): void;
  settled(model: string, outcome: 'decoded' | 'late' | 'shed' | 'invalid', count: number): void;
  batchDone(model: string, size: number, decodeMs: number, codewordDrift: number | undefined): void;
}

/** What a service must know of a model to take requests for it. */
export type ServiceModel = Pick<WorkerModel, 'key' | 'sizes'>;

export interface DecodeServiceParts {
  readonly broker: Broker;
  readonly worker: string;
  readonly decoder: BatchDecoder<WorkerJob>;
  readonly queues: BatchQueues<WorkerJob>;
  /** Models at the start. */
  readonly models: Iterable<ServiceModel>;
  /** Jobs that may wait for one model's decoder; a request beyond that is refused. */
  readonly maxQueueSize: number;
  /** How late the event loop is: a message may have waited that long already. */
  readonly lagMs: () => number;
  readonly tally: ClusterTally;
  readonly listener: ServiceListener;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}
