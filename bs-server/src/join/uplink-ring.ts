import type { CsiShape } from '@edge-csi/csi';

/** Uplink CSI of one UE and slot. `values` is planar `[2][numAntennas][numDelays]`, finite, and not changed any more. */
export interface UplinkSample extends CsiShape {
  readonly slot: number;
  readonly values: Float32Array;
}

/** Slots by which `slot` is ahead of `other`, in the serial arithmetic of a 32-bit counter that wraps. */
export function slotsAhead(slot: number, other: number): number {
  return (slot - other) | 0;
}

/** An uplink sample with the time it arrived. */
export interface ArrivedUplink {
  readonly sample: UplinkSample;
  readonly arrivedMs: number;
}

/** The newest few uplink samples of one UE. */
export class UplinkRing {
  readonly #capacity: number;
  readonly #kept: ArrivedUplink[] = [];
  #oldest = 0;

  /** @param capacity - samples kept, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds a sample, replacing one of the same slot, else the one that arrived longest ago. */
  push(sample: UplinkSample, arrivedMs: number): void {
    const same = this.#kept.findIndex((kept) => kept.sample.slot === sample.slot);
    if (same >= 0) {
      this.#kept[same] = { sample, arrivedMs };
    } else if (this.#kept.length < this.#capacity) {
      this.#kept.push({ sample, arrivedMs });
    } else {
      this.#kept[this.#oldest] = { sample, arrivedMs };
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
      const { sample, arrivedMs } = kept;
      const age = slotsAhead(slot, sample.slot);
      if (arrivedMs < sinceMs || age < 0 || age >= bestAge || !sameShape(sample, shape)) continue;
      best = kept;
      bestAge = age;
    }
    return best;
  }
}

export function sameShape(a: CsiShape, b: CsiShape): boolean {
  return a.numAntennas === b.numAntennas && a.numDelays === b.numDelays;
}
