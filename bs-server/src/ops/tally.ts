import type { EstimateQuality, ReportOutcome } from '@edge-csi/proto';
import type { SettleReason } from '../ingest/accepted-report.ts';
import type { ConnectionRefusal } from '../net/connection-guard.ts';
import type { UpgradeFault } from '../net/gateway.ts';

/** Plain counters, written on the hot path and read by `stats()` and the metrics. */
export class Tally {
  /** Reports that arrived on a session. */
  received = 0;
  readonly outcomes: Record<ReportOutcome, number> = { decoded: 0, superseded: 0, late: 0, shed: 0, invalid: 0 };
  /** Settled reports by outcome and reason, as `outcome/reason`. */
  readonly reasons = new Map<`${ReportOutcome}/${SettleReason}`, number>();
  /** Reports that a UE owed and that never came. */
  lost = 0;
  /** Uplinks that were to be decoded alone and are not published. */
  uplinkOnlyDropped = 0;
  readonly qualities = new Map<EstimateQuality, number>();
  uplinksReceived = 0;
  uplinksInvalid = 0;
  /** Rejects sent, by error code. */
  readonly rejects = new Map<string, number>();
  /** Connections and upgrades turned away before they had a session, by reason. */
  readonly refused = new Map<ConnectionRefusal | UpgradeFault, number>();
  batches = 0;
  /** Sum of the batches' decoding times. */
  decodeMs = 0;
  /** Sum of the decoded reports' waits in front of the decoder. */
  queueMs = 0;
  failedBatches = 0;
  workerRestarts = 0;

  settle(outcome: ReportOutcome, reason: SettleReason): void {
    this.outcomes[outcome]++;
    increment(this.reasons, `${outcome}/${reason}`);
  }

  reject(code: string): void {
    increment(this.rejects, code);
  }

  refuse(reason: ConnectionRefusal | UpgradeFault): void {
    increment(this.refused, reason);
  }

  quality(quality: EstimateQuality): void {
    increment(this.qualities, quality);
  }
}

function increment<K>(counts: Map<K, number>, key: K): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
