import type { PublishedEstimate } from './estimate-stream.ts';

export interface HeldEstimatesOptions {
  /** Age of an estimate, as subscribers are told it, beyond which it is not repeated. 0: none is. */
  readonly maxHoldMs: number;
  /** UEs whose estimate is kept; beyond that the UE decoded longest ago is forgotten. */
  readonly maxUes: number;
}

interface Kept {
  /** With a copy of the matrix of its own. */
  readonly estimate: PublishedEstimate;
  readonly publishedMs: number;
}

/** Keeps the latest decoded estimate of every UE, to be repeated where a report is given up and nothing newer stands in. */
export class HeldEstimates {
  readonly #options: HeldEstimatesOptions;
  /** In order of the latest estimate. */
  readonly #byUe = new Map<string, Kept>();

  constructor(options: HeldEstimatesOptions) {
    this.#options = options;
  }

  /** Keeps a copy of an estimate, published now, in place of its UE's last. */
  keep(estimate: PublishedEstimate, nowMs: number): void {
    const { maxHoldMs, maxUes } = this.#options;
    if (maxHoldMs === 0) return;
    const { ueId, csi } = estimate;
    const last = this.#byUe.get(ueId)?.estimate.csi.values;
    const values = last?.length === csi.values.length ? last : new Uint8Array(csi.values.length);
    values.set(csi.values);
    this.#byUe.delete(ueId);
    this.#byUe.set(ueId, { estimate: { ...estimate, csi: { ...csi, values } }, publishedMs: nowMs });
    if (this.#byUe.size <= maxUes) return;
    for (const longestAgo of this.#byUe.keys()) {
      this.#byUe.delete(longestAgo);
      break;
    }
  }

  /**
   * What subscribers are told in place of a report of a UE's session: what they were told last, older by now, and no bits
   * were sent for it. Nothing where there is none that is not too old.
   */
  of(ueId: string, epoch: number, nowMs: number): PublishedEstimate | undefined {
    const kept = this.#byUe.get(ueId);
    if (kept?.estimate.epoch !== epoch) return undefined;
    const ageMs = kept.estimate.ageMs + nowMs - kept.publishedMs;
    return ageMs <= this.#options.maxHoldMs ? { ...kept.estimate, quality: 'held', ageMs, payloadBits: 0 } : undefined;
  }
}
