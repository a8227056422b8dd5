import { type CsiShape, sameShape } from '@edge-csi/csi';
import type { ArrivedUplink, DecodeJob, ReportOrigin, UplinkSample } from '../queue/decode-job.ts';

/** A report that fits its session and model, on its way to the decoder. */
export interface AcceptedReport extends Omit<DecodeJob, 'uplink' | 'quality' | 'queuedMs'> {
  /** Report period that it was made under. */
  readonly periodSlots: number;
  /** Whether its decoder takes an uplink. */
  readonly usesUplink: boolean;
  readonly origin: ReportOrigin;
}

/** What became of a report that was pushed. Neither is set while it waits for its uplink. */
export interface JoinPush {
  readonly job?: DecodeJob;
  /** An older report of the same UE that was still waiting. */
  readonly superseded?: AcceptedReport;
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

interface Waiting {
  readonly report: AcceptedReport;
  readonly untilMs: number;
}

type Arrival = Pick<AcceptedReport, 'ueId' | 'slot' | 'shape' | 'receivedMs'>;

/**
 * Brings reports together with the uplink CSI that the BS measured itself.
 *
 * A report takes the uplink of its own slot; else the newest one within the freshness window; else it waits a moment
 * and is decoded without. One whose decoder takes no uplink goes on at once. Slot numbers alone do not tell an uplink from one of an earlier run, so its arrival is bounded
 * too. At most one report per UE waits. Time comes in as an argument and must not run backwards.
 */
export class UplinkJoin {
  readonly #options: UplinkJoinOptions;
  /** In order of the latest feed, the one fed longest ago first. */
  readonly #rings = new Map<string, UplinkRing>();
  /** In order of arrival, which is the order of expiry: every report waits equally long. */
  readonly #waiting = new Map<string, Waiting>();
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
  pushReport(report: AcceptedReport): JoinPush {
    const { ueId, receivedMs, deadlineMs } = report;
    const superseded = this.#waiting.get(ueId)?.report;
    if (superseded !== undefined) this.#waiting.delete(ueId);
    const job = this.#jobOf(report);
    const untilMs = Math.min(receivedMs + this.#options.uplinkWaitMs, deadlineMs);
    if (job.quality === 'no-uplink' && untilMs > receivedMs) {
      this.#waiting.set(ueId, { report, untilMs });
      return superseded === undefined ? {} : { superseded };
    }
    return superseded === undefined ? { job } : { job, superseded };
  }

  /** Adds an uplink sample and releases the report that waits for exactly this slot. */
  pushUplink(ueId: string, sample: UplinkSample, nowMs: number): DecodeJob | undefined {
    this.#ringOf(ueId).push({ ...sample, arrivedMs: nowMs });
    const report = this.#waiting.get(ueId)?.report;
    if (report?.slot !== sample.slot) return undefined;
    const job = this.#jobOf(report);
    if (job.uplink === undefined) return undefined;
    this.#waiting.delete(ueId);
    return job;
  }

  /** Takes the reports that have waited long enough, with what uplink there is by now. */
  takeExpired(nowMs: number): DecodeJob[] {
    const expired: DecodeJob[] = [];
    for (const [ueId, { report, untilMs }] of this.#waiting) {
      if (untilMs > nowMs) break;
      this.#waiting.delete(ueId);
      expired.push(this.#jobOf(report));
    }
    return expired;
  }

  /** When the next waiting report expires; Infinity where none waits. */
  get nextExpiryMs(): number {
    for (const { untilMs } of this.#waiting.values()) return untilMs;
    return Number.POSITIVE_INFINITY;
  }

  /** Takes every waiting report, for a server that stops. */
  takeAll(): AcceptedReport[] {
    const reports = [...this.#waiting.values()].map(({ report }) => report);
    this.#waiting.clear();
    return reports;
  }

  /** The uplink a report would be joined with now, whatever it was joined with before. */
  uplinkFor({ ueId, slot, shape, receivedMs }: Arrival): ArrivedUplink | undefined {
    const { freshnessWindowSlots, maxUplinkAgeMs } = this.#options;
    return this.#rings.get(ueId)?.newest(slot, freshnessWindowSlots, shape, receivedMs - maxUplinkAgeMs);
  }

  /** The uplink of exactly this slot, where it is still kept. */
  uplinkAt(ueId: string, slot: number, shape: CsiShape): ArrivedUplink | undefined {
    return this.#rings.get(ueId)?.newest(slot, 0, shape, Number.NEGATIVE_INFINITY);
  }

  #jobOf(report: AcceptedReport): DecodeJob {
    if (!report.usesUplink) return { ...report, uplink: undefined, quality: 'fresh', queuedMs: report.receivedMs };
    const uplink = this.uplinkFor(report);
    const quality = uplink === undefined ? 'no-uplink' : uplink.slot === report.slot ? 'fresh' : 'stale-uplink';
    return { ...report, uplink, quality, queuedMs: report.receivedMs };
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

/** The newest few uplink samples of one UE. */
class UplinkRing {
  readonly #capacity: number;
  readonly #kept: ArrivedUplink[] = [];
  #oldest = 0;

  /** @param capacity - samples kept, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds a sample, replacing one of the same slot, else the one that arrived longest ago. */
  push(uplink: ArrivedUplink): void {
    const same = this.#kept.findIndex(({ slot }) => slot === uplink.slot);
    if (same >= 0) {
      this.#kept[same] = uplink;
    } else if (this.#kept.length < this.#capacity) {
      this.#kept.push(uplink);
    } else {
      this.#kept[this.#oldest] = uplink;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
    }
  }

  /**
   * The newest sample of a shape that is at most `windowSlots` older than `slot` and not newer.
   *
   * @param sinceMs - samples that arrived before are passed over: slot numbers start again when a run does
   */
  newest(slot: number, windowSlots: number, shape: CsiShape, sinceMs: number): ArrivedUplink | undefined {
    let best: ArrivedUplink | undefined;
    let bestAge = windowSlots + 1;
    for (const kept of this.#kept) {
      const age = slotsAhead(slot, kept.slot);
      if (kept.arrivedMs < sinceMs || age < 0 || age >= bestAge || !sameShape(kept, shape)) continue;
      best = kept;
      bestAge = age;
    }
    return best;
  }
}

/** Slots by which `slot` is ahead of `other`, in the serial arithmetic of a 32-bit counter that wraps. */
export function slotsAhead(slot: number, other: number): number {
  return (slot - other) | 0;
}
