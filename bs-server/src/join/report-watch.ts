import { slotsAhead } from './uplink-join.ts';

export interface ReportWatchOptions {
  /** How long after the first uplink at or past its slot a report may still come. */
  readonly deadlineMs: number;
  /** UEs that are watched; beyond that the one that joined longest ago is not any more. */
  readonly maxUes: number;
}

/** A report that never came. */
export interface LostReport {
  readonly ueId: string;
  readonly epoch: number;
  /** Slot of the newest uplink since it was due. */
  readonly uplinkSlot: number;
}

/** A report that is due: an uplink at or past its slot has arrived. */
interface Due {
  readonly ueId: string;
  readonly slot: number;
  readonly untilMs: number;
}

interface Watched {
  readonly epoch: number;
  /** Period the UE has been told last. */
  toldSlots: number;
  /** Period its latest report was made under. */
  keptSlots: number;
  /** Slot of its latest report. Nothing is due before the first. */
  reportedSlot: number | undefined;
  /** Slot of the next report that is not due yet. */
  nextSlot: number;
  /** Slot of the newest uplink since the oldest of `dues`. */
  uplinkSlot: number;
  /** Slot of the newest estimate. */
  estimatedSlot: number | undefined;
  /** Oldest first. */
  readonly dues: Due[];
}

/** Most reports of one UE that are due at once: one that owes more is silent, and owes no more for it. */
const maxDues = 32;

/**
 * Notices reports that never come, and knows up to which slot a UE's channel has been estimated.
 *
 * A UE with a session owes a report one period after its latest. The BS has no slot clock of its own: that the slot has
 * come is told by an uplink at or past it, and one uplink makes at most one report due. Any report of the UE settles
 * what is due up to its own slot and what its successor is not due for. A UE that has not reported in its session, or
 * has none any more, owes nothing. Time comes in as an argument and must not run backwards; slots are compared in the
 * serial arithmetic of a 32-bit counter that wraps.
 */
export class ReportWatch {
  readonly #options: ReportWatchOptions;
  /** In the order of joining. */
  readonly #ues = new Map<string, Watched>();
  /** In order of expiry: all wait equally long. */
  readonly #dues = new Set<Due>();

  constructor(options: ReportWatchOptions) {
    this.#options = options;
  }

  /** UEs that are watched. */
  get size(): number {
    return this.#ues.size;
  }

  /** When the next report counts as lost; Infinity where none is due. */
  get nextLossMs(): number {
    for (const { untilMs } of this.#dues) return untilMs;
    return Number.POSITIVE_INFINITY;
  }

  /** A UE has got a session, perhaps in place of an older one. */
  join(ueId: string, epoch: number, periodSlots: number): void {
    this.leave(ueId);
    this.#ues.set(ueId, {
      epoch,
      toldSlots: periodSlots,
      keptSlots: periodSlots,
      reportedSlot: undefined,
      nextSlot: 0,
      uplinkSlot: 0,
      estimatedSlot: undefined,
      dues: [],
    });
    if (this.#ues.size <= this.#options.maxUes) return;
    for (const longestAgo of this.#ues.keys()) {
      this.leave(longestAgo);
      break;
    }
  }

  /** A UE's session is over. */
  leave(ueId: string): void {
    for (const due of this.#ues.get(ueId)?.dues ?? []) this.#dues.delete(due);
    this.#ues.delete(ueId);
  }

  /** A UE is told another period. Until its next report it may still keep to the one before. */
  tell(ueId: string, periodSlots: number): void {
    const ue = this.#ues.get(ueId);
    if (ue === undefined) return;
    ue.toldSlots = periodSlots;
    this.#settle(ue);
  }

  /**
   * A report has come that fits its session, whatever becomes of it.
   *
   * @param periodSlots - what its UE had been told when it was made
   */
  report(ueId: string, epoch: number, slot: number, periodSlots: number): void {
    const ue = this.#of(ueId, epoch);
    if (ue === undefined) return;
    // Reports come in the order they were made: an older slot means that the slots have started again.
    if (ue.reportedSlot !== undefined && slotsAhead(slot, ue.reportedSlot) < 0) {
      ue.estimatedSlot = undefined;
      for (const due of ue.dues.splice(0)) this.#dues.delete(due);
    }
    ue.reportedSlot = slot;
    ue.keptSlots = periodSlots;
    this.#settle(ue);
  }

  /** An uplink has arrived. */
  uplink(ueId: string, slot: number, nowMs: number): void {
    const ue = this.#ues.get(ueId);
    if (ue?.reportedSlot === undefined) return;
    if (slotsAhead(slot, ue.uplinkSlot) > 0) ue.uplinkSlot = slot;
    const ahead = slotsAhead(slot, ue.nextSlot);
    if (ahead < 0) return;
    const period = periodOf(ue);
    if (ue.dues.length < maxDues) {
      const due = { ueId, slot: ue.nextSlot, untilMs: nowMs + this.#options.deadlineMs };
      if (ue.dues.length === 0) ue.uplinkSlot = slot;
      ue.dues.push(due);
      this.#dues.add(due);
    }
    ue.nextSlot = (ue.nextSlot + (Math.floor(ahead / period) + 1) * period) >>> 0;
  }

  /** Takes the reports that have not come in time. */
  takeLost(nowMs: number): LostReport[] {
    const lost: LostReport[] = [];
    for (const due of this.#dues) {
      if (due.untilMs > nowMs) break;
      this.#dues.delete(due);
      const ue = this.#ues.get(due.ueId) as Watched;
      ue.dues.shift();
      lost.push({ ueId: due.ueId, epoch: ue.epoch, uplinkSlot: ue.uplinkSlot });
    }
    return lost;
  }

  /** An estimate of a slot is out. */
  estimated(ueId: string, epoch: number, slot: number): void {
    const ue = this.#of(ueId, epoch);
    if (ue !== undefined && this.wants(ueId, epoch, slot)) ue.estimatedSlot = slot;
  }

  /** Whether an estimate of a slot would be news: the session lasts, and neither this slot nor a newer one has one. */
  wants(ueId: string, epoch: number, slot: number): boolean {
    const ue = this.#of(ueId, epoch);
    if (ue === undefined) return false;
    return ue.estimatedSlot === undefined || slotsAhead(slot, ue.estimatedSlot) > 0;
  }

  /** Forgets every UE, for a server that stops. */
  clear(): void {
    this.#ues.clear();
    this.#dues.clear();
  }

  #of(ueId: string, epoch: number): Watched | undefined {
    const ue = this.#ues.get(ueId);
    return ue?.epoch === epoch ? ue : undefined;
  }

  /** Drops what is not due after the latest report under the period in force, and finds out what is next. */
  #settle(ue: Watched): void {
    const { reportedSlot, dues } = ue;
    if (reportedSlot === undefined) return;
    const period = periodOf(ue);
    const stillDue = dues.findIndex(({ slot }) => slotsAhead(slot, reportedSlot) >= period);
    for (const due of dues.splice(0, stillDue < 0 ? dues.length : stillDue)) this.#dues.delete(due);
    const last = dues[dues.length - 1]?.slot ?? reportedSlot;
    ue.nextSlot = (last + period) >>> 0;
  }
}

/** A UE that has been told a shorter period goes on with the longer one until it has heard of it. */
function periodOf({ toldSlots, keptSlots }: Watched): number {
  return Math.max(toldSlots, keptSlots);
}
