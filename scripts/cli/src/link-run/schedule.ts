/** Slot duration of the simulated link: 15 kHz numerology. */
export const slotMs = 1;

/** When each UE reports which sample of the data set. */
export interface Schedule {
  readonly numUes: number;
  readonly numSamples: number;
  /** Slots between two reports of one UE. */
  readonly periodSlots: number;
}

/** One report that a UE owes: its sample, and the slot it is measured in. */
export interface ScheduledReport {
  readonly ue: number;
  readonly sample: number;
  readonly slot: number;
}

/** Name of a UE of the run, by index. */
export function ueIdOf(ue: number): string {
  return `ue-${ue}`;
}

/**
 * Reports of some UEs in the order of their slots. Samples are dealt round robin; UEs are staggered over the period, so
 * that the load is even.
 */
export function scheduleReports(schedule: Schedule, ues: Iterable<number>): ScheduledReport[] {
  const reports: ScheduledReport[] = [];
  for (const ue of ues) {
    const offset = Math.floor((ue * schedule.periodSlots) / schedule.numUes);
    for (let sample = ue, round = 0; sample < schedule.numSamples; sample += schedule.numUes, round++) {
      reports.push({ ue, sample, slot: round * schedule.periodSlots + offset });
    }
  }
  return reports.sort((a, b) => a.slot - b.slot || a.ue - b.ue);
}

/** Sample that a UE reports in a slot, or undefined where it has none there. */
export function sampleOf(schedule: Schedule, ue: number, slot: number): number | undefined {
  const offset = Math.floor((ue * schedule.periodSlots) / schedule.numUes);
  const round = (slot - offset) / schedule.periodSlots;
  const sample = round * schedule.numUes + ue;
  return Number.isInteger(round) && round >= 0 && sample < schedule.numSamples ? sample : undefined;
}
