import type { CsiShape } from '@edge-csi/csi';
import type { EstimateQuality } from '@edge-csi/proto';
import { type ArrivedUplink, UplinkRing, type UplinkSample } from './uplink-ring.ts';

/** What the join needs to know of a report. */
export interface JoinableReport {
  readonly ueId: string;
  readonly slot: number;
  /** Shape of the CSI its model works on. */
  readonly shape: CsiShape;
  /** When the report is worth nothing any more, on the clock of `nowMs`. */
  readonly deadlineMs: number;
}

/** A report with the uplink it is decoded with; without one the decoder gets zeros. */
export interface Joined<R> {
  readonly report: R;
  readonly uplink: UplinkSample | undefined;
  /** When that uplink arrived. */
  readonly uplinkMs: number | undefined;
  readonly quality: Extract<EstimateQuality, 'fresh' | 'stale-uplink' | 'no-uplink'>;
}

/** What became of a report that was pushed. Neither is set while it waits for its uplink. */
export interface JoinPush<R> {
  readonly joined?: Joined<R>;
  /** An older report of the same UE that was still waiting. */
  readonly superseded?: R;
}

export interface UplinkJoinOptions {
  /** How much older than its report an uplink may be. 0: only the uplink of the report's own slot. */
  readonly freshnessWindowSlots: number;
  /** How long before its report an uplink may have arrived, whatever its slot. */
  readonly maxUplinkAgeMs: number;
  /** How long a report without any usable uplink waits for one. */
  readonly uplinkWaitMs: number;
  /** Uplink samples kept per UE. */
  readonly uplinksPerUe: number;
  /** UEs whose uplinks are kept; beyond that the UE fed longest ago is forgotten. */
  readonly maxUes: number;
}

interface Waiting<R> {
  readonly report: R;
  readonly arrivedMs: number;
  readonly untilMs: number;
}

/**
 * Brings reports together with the uplink CSI that the BS measured itself.
 *
 * A report takes the uplink of its own slot; else the newest one within the freshness window; else it waits a moment
 * and is decoded without. Slot numbers alone do not tell an uplink from one of an earlier run, so its arrival is bounded
 * too. At most one report per UE waits. Time comes in as an argument and must not run backwards.
 */
export class UplinkJoin<R extends JoinableReport> {
  readonly #options: UplinkJoinOptions;
  /** In order of the latest feed, the one fed longest ago first. */
  readonly #rings = new Map<string, UplinkRing>();
  /** In order of arrival, which is the order of expiry: every report waits equally long. */
  readonly #waiting = new Map<string, Waiting<R>>();
  #evicted = 0;

  constructor(options: UplinkJoinOptions) {
    this.#options = options;
  }

  /** Reports that wait for their uplink. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** UEs whose uplinks were forgotten for want of room. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Adds a report. The newer one of a UE always wins over one that still waits. */
  pushReport(report: R, nowMs: number): JoinPush<R> {
    const superseded = this.#waiting.get(report.ueId)?.report;
    if (superseded !== undefined) this.#waiting.delete(report.ueId);
    const joined = this.#lookUp(report, nowMs);
    const untilMs = Math.min(nowMs + this.#options.uplinkWaitMs, report.deadlineMs);
    if (joined.uplink === undefined && untilMs > nowMs) {
      this.#waiting.set(report.ueId, { report, arrivedMs: nowMs, untilMs });
      return superseded === undefined ? {} : { superseded };
    }
    return superseded === undefined ? { joined } : { joined, superseded };
  }

  /** Adds an uplink sample and releases the report that waits for exactly this slot. */
  pushUplink(ueId: string, sample: UplinkSample, nowMs: number): Joined<R> | undefined {
    this.#ringOf(ueId).push(sample, nowMs);
    const waiting = this.#waiting.get(ueId);
    if (waiting === undefined || waiting.report.slot !== sample.slot) return undefined;
    const joined = this.#lookUp(waiting.report, waiting.arrivedMs);
    if (joined.uplink === undefined) return undefined;
    this.#waiting.delete(ueId);
    return joined;
  }

  /** Takes the reports that have waited long enough, with what uplink there is by now. */
  takeExpired(nowMs: number): Joined<R>[] {
    const expired: Joined<R>[] = [];
    for (const [ueId, { report, arrivedMs, untilMs }] of this.#waiting) {
      if (untilMs > nowMs) break;
      this.#waiting.delete(ueId);
      expired.push(this.#lookUp(report, arrivedMs));
    }
    return expired;
  }

  /** When the next waiting report expires; Infinity where none waits. */
  get nextExpiryMs(): number {
    for (const { untilMs } of this.#waiting.values()) return untilMs;
    return Number.POSITIVE_INFINITY;
  }

  /** Takes every waiting report, for a server that stops. */
  takeAll(): R[] {
    const reports = [...this.#waiting.values()].map(({ report }) => report);
    this.#waiting.clear();
    return reports;
  }

  /** The uplink a report would be joined with now, whatever it was joined with before. */
  uplinkFor(report: R, reportArrivedMs: number): ArrivedUplink | undefined {
    const { freshnessWindowSlots, maxUplinkAgeMs } = this.#options;
    const sinceMs = reportArrivedMs - maxUplinkAgeMs;
    return this.#rings.get(report.ueId)?.newest(report.slot, freshnessWindowSlots, report.shape, sinceMs);
  }

  /** The uplink of exactly this slot, where it is still kept. */
  uplinkAt(ueId: string, slot: number, shape: CsiShape): ArrivedUplink | undefined {
    return this.#rings.get(ueId)?.newest(slot, 0, shape, Number.NEGATIVE_INFINITY);
  }

  #lookUp(report: R, arrivedMs: number): Joined<R> {
    const found = this.uplinkFor(report, arrivedMs);
    if (found === undefined) return { report, uplink: undefined, uplinkMs: undefined, quality: 'no-uplink' };
    const { sample: uplink, arrivedMs: uplinkMs } = found;
    return { report, uplink, uplinkMs, quality: uplink.slot === report.slot ? 'fresh' : 'stale-uplink' };
  }

  #ringOf(ueId: string): UplinkRing {
    const ring = this.#rings.get(ueId) ?? new UplinkRing(this.#options.uplinksPerUe);
    this.#rings.delete(ueId);
    this.#rings.set(ueId, ring);
    if (this.#rings.size > this.#options.maxUes) {
      for (const longestAgo of this.#rings.keys()) {
        this.#rings.delete(longestAgo);
        this.#evicted++;
        break;
      }
    }
    return ring;
  }
}
