import type { Tally } from './tally.ts';

/**
 * What has gone through a server since it started.
 *
 * Every report that arrived is accounted for: received = decoded + superseded + late + shed + invalid + inFlight.
 */
export interface ServerStats {
  readonly received: number;
  readonly decoded: number;
  /** Replaced by a newer report of the same UE before they were decoded. */
  readonly superseded: number;
  readonly late: number;
  /** Dropped because the server stopped, its decoder failed, or their queue was full. */
  readonly shed: number;
  /** Refused: they do not fit their session, configuration or model. */
  readonly invalid: number;
  /** Waiting for their uplink, queued, or with the decoder. */
  readonly inFlight: number;
  /** Reports that a UE owed by its period and that never came; not among those received. */
  readonly lost: number;
  /** Settled reports by outcome and reason, as `invalid/seq`. */
  readonly reasons: Readonly<Record<string, number>>;
  /** Estimates by their quality. */
  readonly qualities: Readonly<Record<string, number>>;
  /** Estimates from the uplink alone, and uplinks for which there was no time or no need any more. */
  readonly uplinkOnly: { readonly published: number; readonly dropped: number };
  readonly uplinks: { readonly received: number; readonly invalid: number; readonly uesEvicted: number };
  /** Estimates handed to subscribers, and those a subscriber missed; each once per subscriber. */
  readonly estimates: { readonly sent: number; readonly skipped: number };
  /** Rejects sent, by error code. */
  readonly rejects: Readonly<Record<string, number>>;
  /** Connections and upgrades turned away before they had a session, by reason. */
  readonly refused: Readonly<Record<string, number>>;
  readonly batches: { readonly decoded: number; readonly failed: number };
  readonly workerRestarts: number;
  readonly connections: { readonly ues: number; readonly phyFeeds: number; readonly subscribers: number };
  /** What UEs are asked to give up: 0 nothing, 1-3 longer periods, 4-5 fewer bits too, 6 reports are shed. */
  readonly overloadLevel: number;
}

/** What is not counted but read where it lives. */
export type Gauges = Pick<ServerStats, 'inFlight' | 'estimates' | 'connections'> & {
  readonly uesEvicted: number;
  readonly queued: number;
  readonly overloadLevel: number;
  readonly decodersStuck: number;
  readonly loopLagMs: number;
};

/** A snapshot of the counters. */
export function statsOf(tally: Tally, gauges: Gauges): ServerStats {
  const { estimates, connections, inFlight, uesEvicted, overloadLevel } = gauges;
  return {
    received: tally.received,
    ...tally.outcomes,
    inFlight,
    lost: tally.lost,
    reasons: Object.fromEntries(tally.reasons),
    qualities: Object.fromEntries(tally.qualities),
    uplinkOnly: { published: tally.qualities.get('uplink-only') ?? 0, dropped: tally.uplinkOnlyDropped },
    uplinks: { received: tally.uplinksReceived, invalid: tally.uplinksInvalid, uesEvicted },
    estimates,
    rejects: Object.fromEntries(tally.rejects),
    refused: Object.fromEntries(tally.refused),
    batches: { decoded: tally.batches, failed: tally.failedBatches },
    workerRestarts: tally.workerRestarts,
    connections,
    overloadLevel,
  };
}
