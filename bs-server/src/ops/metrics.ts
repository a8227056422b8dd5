import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type ClusterSources, registerClusterMetrics } from './cluster-metrics.ts';
import { type ModelSources, registerModelMetrics } from './model-metrics.ts';
import type { Gauges } from './server-stats.ts';
import type { Tally } from './tally.ts';

/** The metrics that are observed; the others are read from the tally when somebody asks. */
export interface Metrics {
  readonly batchSize: Histogram;
  readonly decodeMs: Histogram;
  readonly queueMs: Histogram;
  readonly ageMs: Histogram;
  /** All metrics in the Prometheus text format. */
  render(): Promise<string>;
}

type Labels = Readonly<Record<string, string>>;

/** Upper bounds in ms from well under a batch's decoding to past any deadline. */
const msBuckets = [0.5, 1, 2, 3, 5, 7.5, 10, 15, 20, 30, 50, 75, 100, 200, 500];

/** Registers a server's metrics, all named edge_csi_*, in a registry of its own. */
export function createMetrics(
  tally: Tally,
  gauges: () => Gauges,
  models: ModelSources,
  cluster?: ClusterSources,
): Metrics {
  const registers = [new Registry()];
  registerModelMetrics(registers[0] as Registry, models);
  if (cluster !== undefined) registerClusterMetrics(registers[0] as Registry, cluster);
  const counter = (name: string, help: string, labelNames: string[], read: () => Iterable<readonly [Labels, number]>) =>
    new Counter({
      name: `edge_csi_${name}`,
      help,
      labelNames,
      registers,
      collect() {
        this.reset();
        for (const [labels, count] of read()) this.inc(labels, count);
      },
    });
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name: `edge_csi_${name}`,
      help,
      registers,
      collect() {
        this.set(read());
      },
    });
  const histogram = (name: string, help: string, buckets: number[]) =>
    new Histogram({ name: `edge_csi_${name}`, help, buckets, registers });
  const labelled = (label: string, counts: ReadonlyMap<string, number>) =>
    [...counts].map(([value, count]) => [{ [label]: value }, count] as const);

  counter('reports_received_total', 'CSI reports received', [], () => [[{}, tally.received]]);
  counter('reports_settled_total', 'CSI reports by what became of them', ['outcome', 'reason'], () =>
    [...tally.reasons].map(([key, count]) => {
      const [outcome = '', reason = ''] = key.split('/');
      return [{ outcome, reason }, count] as const;
    }),
  );
  counter('reports_lost_total', 'CSI reports that UEs owed and that never came', [], () => [[{}, tally.lost]]);
  counter(
    'estimates_decoded_total',
    'Estimates by quality; held ones are repeated, not decoded anew',
    ['quality'],
    () => labelled('quality', tally.qualities),
  );
  counter('uplink_only_dropped_total', 'Uplinks to be decoded alone that were dropped', [], () => [
    [{}, tally.uplinkOnlyDropped],
  ]);
  counter('estimates_published_total', 'Estimates sent to or missed by subscribers', ['result'], () => {
    const { sent, skipped } = gauges().estimates;
    return [
      [{ result: 'sent' }, sent],
      [{ result: 'skipped' }, skipped],
    ];
  });
  counter('uplinks_total', 'Uplink CSI matrices by result', ['result'], () => [
    [{ result: 'accepted' }, tally.uplinksReceived - tally.uplinksInvalid],
    [{ result: 'invalid' }, tally.uplinksInvalid],
  ]);
  counter('rejects_total', 'Rejects sent by error code', ['code'], () => labelled('code', tally.rejects));
  counter('connections_refused_total', 'Connections and upgrades turned away by reason', ['reason'], () =>
    labelled('reason', tally.refused),
  );
  counter('batches_failed_total', 'Batches whose decoding failed', [], () => [[{}, tally.failedBatches]]);
  counter('worker_restarts_total', 'Decode workers restarted', [], () => [[{}, tally.workerRestarts]]);
  gauge('reports_in_flight', 'Reports not settled yet', () => gauges().inFlight);
  gauge('queue_depth', 'Reports in front of the decoders', () => gauges().queued);
  gauge('overload_level', '0 none, 1-3 longer periods, 4-5 fewer bits too, 6 shedding', () => gauges().overloadLevel);
  gauge('decoders_stuck', 'Decode workers with a batch that takes too long', () => gauges().decodersStuck);
  gauge('event_loop_lag_ms', 'Lateness of the event loop in ms', () => gauges().loopLagMs);
  gauge('ues', 'Connected UEs', () => gauges().connections.ues);
  gauge('phy_feeds', 'Connected base bands', () => gauges().connections.phyFeeds);
  gauge('subscribers', 'Connected subscribers', () => gauges().connections.subscribers);
  return {
    batchSize: histogram('batch_size', 'Reports per batch', [1, 2, 4, 8, 12, 16, 24, 32, 64]),
    decodeMs: histogram('decode_ms', 'Decoding of one batch in ms', msBuckets),
    queueMs: histogram('queue_ms', 'From a report to the start of its decoding in ms', msBuckets),
    ageMs: histogram('estimate_age_ms', "From the UE's measurement to publishing in ms, without transport", msBuckets),
    render: () => (registers[0] as Registry).metrics(),
  };
}
