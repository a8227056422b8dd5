import { Counter, Gauge, Registry } from 'prom-client';
import type { ClusterTally } from '../cluster/cluster-tally.ts';
import { type ModelSources, registerModelMetrics } from './model-metrics.ts';

/** What is not counted but read where it lives. */
export interface ClusterGauges {
  readonly connected: boolean;
  /** Requests that are not answered. */
  readonly requests: number;
  /** Of a gateway: workers that are heard of. */
  readonly workers?: number;
  /** Of a worker: 1 while the queue group gives it batches. */
  readonly inGroup?: boolean;
}

export interface ClusterSources {
  readonly tally: ClusterTally;
  readonly gauges: ClusterGauges;
}

/** Registers edge_csi_cluster_*: what a gateway or a worker has to do with the broker. */
export function registerClusterMetrics(registry: Registry, cluster: ClusterSources): void {
  const { tally } = cluster;
  const registers = [registry];
  const counter = (name: string, help: string, read: () => number) =>
    new Counter({
      name: `edge_csi_cluster_${name}`,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `edge_csi_cluster_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  counter('requests_total', 'Batches sent to workers, or taken by this one', () => tally.requests);
  counter('retries_total', 'Batches sent once more, to another worker', () => tally.retries);
  counter('no_responders_total', 'Batches for which the broker knew no worker', () => tally.noResponders);
  counter('unawaited_answers_total', 'Answers nobody waited for any more', () => tally.unawaited);
  counter('local_batches_total', 'Batches decoded by the gateway itself', () => tally.localBatches);
  counter('silent_workers_total', 'Workers that fell silent without a word', () => tally.silentWorkers);
  counter('disconnects_total', 'Connections to the broker that were lost', () => tally.disconnects);
  counter('slow_consumer_total', 'Times the broker dropped messages to this end', () => tally.slowConsumer);
  counter('broker_refusals_total', 'Subscriptions and messages the broker refused', () => tally.brokerRefusals);
  counter('invalid_messages_total', 'Messages that could not be read', () => tally.invalid);
  new Counter({
    name: 'edge_csi_cluster_refusals_total',
    help: 'Batches refused by a worker, by reason',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of tally.refusals) this.inc({ reason }, count);
    },
  });
  gauge('connected', '1 while there is a connection to the broker', () => Number(cluster.gauges.connected));
  gauge('requests_in_flight', 'Batches not answered yet', () => cluster.gauges.requests);
  if (cluster.gauges.workers !== undefined)
    gauge('workers', 'Decode workers heard of', () => cluster.gauges.workers ?? 0);
  if (cluster.gauges.inGroup !== undefined) {
    gauge('in_group', '1 while the queue group gives batches to this worker', () => Number(cluster.gauges.inGroup));
  }
}

/** All metrics of a decode worker, in the Prometheus text format. */
export function createWorkerMetrics(cluster: ClusterSources, models: ModelSources): () => Promise<string> {
  const registry = new Registry();
  registerModelMetrics(registry, models);
  registerClusterMetrics(registry, cluster);
  return () => registry.metrics();
}
