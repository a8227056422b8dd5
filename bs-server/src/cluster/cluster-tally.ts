import type { Refusal } from './decode-answer.ts';

/** Counters of a gateway's or a worker's dealings over the broker. */
export class ClusterTally {
  /** Requests sent to workers, or taken by this one. */
  requests = 0;
  /** Of a gateway: requests sent a second time, to another worker. */
  retries = 0;
  /** Of a gateway: requests for which the broker knew no worker. */
  noResponders = 0;
  /** Of a gateway: answers that nobody waited for any more, as the second of two. */
  unawaited = 0;
  /** Of a gateway: batches decoded in this process for want of a worker. */
  localBatches = 0;
  /** Of a gateway: workers that fell silent without a word. */
  silentWorkers = 0;
  /** Connections to the broker that were lost. */
  disconnects = 0;
  /** Messages the broker dropped because this end did not keep up. */
  slowConsumer = 0;
  /** What the broker refused, as a subject there is no permission for. */
  brokerRefusals = 0;
  /** Messages that could not be read. */
  invalid = 0;
  /** Requests that a worker refused, by reason. */
  readonly refusals = new Map<Refusal, number>();

  refuse(refusal: Refusal): void {
    this.refusals.set(refusal, (this.refusals.get(refusal) ?? 0) + 1);
  }
}
