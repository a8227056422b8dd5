import type { DecodedReport } from '../report-pipeline.ts';

export interface HeldEstimatesOptions {
  /** Age of an estimate, as subscribers are told it, beyond which it is not repeated. 0: none is. */
  readonly maxHoldMs: number;
  /** UEs whose estimate is kept; beyond that the UE decoded longest ago is forgotten. */
  readonly maxUes: number;
}

/** The latest estimate of a UE, with a copy of its values of its own. */
export type HeldEstimate = Pick<DecodedReport, 'job' | 'values' | 'queueMs' | 'decodeMs'>;

/** Keeps the latest decoded estimate of every UE, to be repeated where a report is given up and nothing newer stands in. */
export class HeldEstimates {
  readonly #options: HeldEstimatesOptions;
  /** In order of the latest estimate. */
  readonly #byUe = new Map<string, HeldEstimate>();

  constructor(options: HeldEstimatesOptions) {
    this.#options = options;
  }

  /** Keeps a copy of an estimate in place of its UE's last. */
  keep({ job, values, queueMs, decodeMs }: DecodedReport): void {
    const { maxHoldMs, maxUes } = this.#options;
    if (maxHoldMs === 0) return;
    const { ueId } = job.report;
    const kept = this.#byUe.get(ueId)?.values;
    const copy = kept?.length === values.length ? kept : new Float32Array(values.length);
    copy.set(values);
    this.#byUe.delete(ueId);
    this.#byUe.set(ueId, { job, values: copy, queueMs, decodeMs });
    if (this.#byUe.size <= maxUes) return;
    for (const longestAgo of this.#byUe.keys()) {
      this.#byUe.delete(longestAgo);
      break;
    }
  }

  /** The estimate to repeat for a session of a UE, where there is one that is not too old. */
  of(ueId: string, epoch: number, nowMs: number): HeldEstimate | undefined {
    const held = this.#byUe.get(ueId);
    if (held === undefined) return undefined;
    const { report } = held.job;
    const ageMs = report.processingUs / 1000 + nowMs - report.receivedMs;
    return report.epoch === epoch && ageMs <= this.#options.maxHoldMs ? held : undefined;
  }
}
