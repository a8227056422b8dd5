import type { EstimateQuality, ReportOutcome } from '@edge-csi/proto';
import type { SettleReason } from '../queue/decode-job.ts';
import { Count, CountBy, counterOf, gauge, histogram, type Registry, type StatsOf } from './meters.ts';

const uplinks = ['uplinks_total', 'Uplink CSI matrices by result'] as const;
const published = ['estimates_published_total', 'Estimates sent to or missed by subscribers'] as const;

/** Why a report is turned away on arrival: it does not fit its session or model, or comes too often. */
export type RefusalReason = 'epoch' | 'seq' | 'revision' | 'model' | 'reference' | 'size' | 'rate-limited';

/** Why a report met its outcome. A closed list, so that it can label a metric. */
export type OutcomeReason = SettleReason | RefusalReason;

/** Why a TCP connection is refused. */
export type ConnectionRefusal =
  | 'connections'
  | 'connections-per-address'
  | 'connection-rate'
  | 'connection-rate-per-address';

/** Why an upgrade is refused, in a word. */
export type UpgradeFault = 'path' | 'subprotocol' | 'not-serving' | 'origin' | 'token';

/** What a server counts, written on the hot path. */
export class Tally {
  readonly received = new Count('reports_received_total', 'CSI reports received');
  readonly referring = new Count('reports_referring_total', 'CSI reports that refer to earlier ones or to a hint');
  readonly hints = new Count('hints_sent_total', 'Hints sent to UEs');
  readonly hintBits = new Count('hint_bits_total', 'Bits of the hints sent to UEs');
  readonly reasons = new CountBy<`${ReportOutcome}/${OutcomeReason}`>(
    'reports_settled_total',
    'CSI reports by what became of them',
    'outcome',
    'reason',
  );
  readonly lost = new Count('reports_lost_total', 'CSI reports that UEs owed and that never came');
  readonly qualities = new CountBy<EstimateQuality>(
    'estimates_decoded_total',
    'Estimates by quality; held ones are repeated, not decoded anew',
    'quality',
  );
  readonly uplinkOnlyDropped = new Count('uplink_only_dropped_total', 'Uplinks to be decoded alone that were dropped');
  readonly uplinksAccepted = new Count(...uplinks, { result: 'accepted' });
  readonly uplinksInvalid = new Count(...uplinks, { result: 'invalid' });
  readonly rejects = new CountBy('rejects_total', 'Rejects sent by error code', 'code');
  readonly refused = new CountBy<ConnectionRefusal | UpgradeFault>(
    'connections_refused_total',
    'Connections and upgrades turned away by reason',
    'reason',
  );
  readonly batches = new Count();
  readonly failedBatches = new Count('batches_failed_total', 'Batches whose decoding failed');
  readonly workerRestarts = new Count('worker_restarts_total', 'Decode workers restarted');
  /** Sum of the batches' decoding times. */
  readonly decodeMs = new Count();
  /** Sum of the decoded reports' waits in front of the decoder. */
  readonly queueMs = new Count();
}

/** Where figures live that are not counted in the tally. */
export interface StatsSources {
  readonly pipeline: {
    readonly inFlight: number;
    readonly join: { readonly evicted: number };
    readonly queues: { readonly size: number };
  };
  readonly decoder: { readonly numStuck: number };
  readonly stream: { readonly sent: number; readonly skipped: number };
  readonly overload: { readonly level: number };
  readonly watchdog: { readonly loopLagMs: number };
  readonly connections: (role: 'ue' | 'phy' | 'estimates') => number;
}

/** Everything a server can tell of itself: in the shape that `stats()` has, and what is in /metrics only. */
export function serverMeters(tally: Tally, sources: StatsSources) {
  const { pipeline, decoder, stream, overload, watchdog, connections } = sources;
  const settled = (outcome: ReportOutcome) => () => tally.reasons.sum(outcome);
  const stats = {
    received: tally.received,
    decoded: settled('decoded'),
    /** Replaced by a newer report of the same UE before they were decoded. */
    superseded: settled('superseded'),
    late: settled('late'),
    /** Dropped because the server stopped, its decoder failed, or their queue was full. */
    shed: settled('shed'),
    /** Refused: they do not fit their session, configuration or model. */
    invalid: settled('invalid'),
    /** Waiting for their uplink, queued, or with the decoder. */
    inFlight: gauge('reports_in_flight', 'Reports not settled yet', () => pipeline.inFlight),
    /** Reports that a UE owed by its period and that never came; not among those received. */
    lost: tally.lost,
    /** Settled reports by outcome and reason, as `invalid/seq`. */
    reasons: tally.reasons,
    /** Reports that refer to what both ends hold; those refused as `invalid/reference` are among them. */
    referring: tally.referring,
    /** Hints sent to UEs, and their bits. */
    hints: { sent: tally.hints, bits: tally.hintBits },
    /** Estimates by their quality. */
    qualities: tally.qualities,
    /** Estimates from the uplink alone, and uplinks for which there was no time or no need any more. */
    uplinkOnly: { published: () => tally.qualities.sum('uplink-only'), dropped: tally.uplinkOnlyDropped },
    uplinks: {
      received: () => tally.uplinksAccepted.value + tally.uplinksInvalid.value,
      invalid: tally.uplinksInvalid,
      /** UEs whose uplinks were forgotten for want of room. */
      uesEvicted: () => pipeline.join.evicted,
    },
    /** Estimates handed to subscribers, and those a subscriber missed; each once per subscriber. */
    estimates: {
      sent: counterOf(...published, { result: 'sent' }, () => stream.sent),
      skipped: counterOf(...published, { result: 'skipped' }, () => stream.skipped),
    },
    /** Rejects sent, by error code. */
    rejects: tally.rejects,
    /** Connections and upgrades turned away before they had a session, by reason. */
    refused: tally.refused,
    batches: { decoded: tally.batches, failed: tally.failedBatches },
    workerRestarts: tally.workerRestarts,
    connections: {
      ues: gauge('ues', 'Connected UEs', () => connections('ue')),
      phyFeeds: gauge('phy_feeds', 'Connected base bands', () => connections('phy')),
      subscribers: gauge('subscribers', 'Connected subscribers', () => connections('estimates')),
    },
    /** What UEs are asked to give up: 0 nothing, 1-3 longer periods, 4-5 fewer bits too, 6 reports are shed. */
    overloadLevel: gauge(
      'overload_level',
      '0 none, 1-3 longer periods, 4-5 fewer bits too, 6 shedding',
      () => overload.level,
    ),
  };
  const others = {
    uplinksAccepted: tally.uplinksAccepted,
    queued: gauge('queue_depth', 'Reports in front of the decoders', () => pipeline.queues.size),
    decodersStuck: gauge('decoders_stuck', 'Decode workers with a batch that takes too long', () => decoder.numStuck),
    loopLagMs: gauge('event_loop_lag_ms', 'Lateness of the event loop in ms', () => watchdog.loopLagMs),
  };
  return { stats, others };
}

/**
 * What has gone through a server since it started.
 *
 * Every report that arrived is accounted for: received = decoded + superseded + late + shed + invalid + inFlight.
 */
export type ServerStats = StatsOf<ReturnType<typeof serverMeters>['stats']>;

/** The distributions, observed as things happen. */
export type Distributions = ReturnType<typeof createDistributions>;

export function createDistributions(registry: Registry) {
  return {
    batchSize: histogram(registry, 'edge_csi_batch_size', 'Reports per batch', [1, 2, 4, 8, 12, 16, 24, 32, 64]),
    decodeMs: histogram(registry, 'edge_csi_decode_ms', 'Decoding of one batch in ms'),
    queueMs: histogram(registry, 'edge_csi_queue_ms', 'From a report to the start of its decoding in ms'),
    ageMs: histogram(
      registry,
      'edge_csi_estimate_age_ms',
      "From the UE's measurement to publishing in ms, without transport",
    ),
  };
}
