import type { CsiShape } from '@edge-csi/csi';

/** Uplink CSI of one UE and slot. `values` is planar `[2][numAntennas][numDelays]`, finite, and not changed any more. */
export interface UplinkSample extends CsiShape {
  readonly slot: number;
  readonly values: Float32Array;
}

/** Slots by which `slot` is ahead of `other`, in the serial arithmetic of a 32-bit counter that wraps. */
function slotsAhead(slot: number, other: number): number {
  return (slot - other) | 0;
}

/** The newest few uplink samples of one UE. */
export class UplinkRing {
  readonly #capacity: number;
  readonly #samples: UplinkSample[] = [];
  #oldest = 0;

  /** @param capacity - samples kept, at least 1 */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** Adds a sample, replacing one of the same slot, else the one that arrived longest ago. */
  push(sample: UplinkSample): void {
    const same = this.#samples.findIndex((kept) => kept.slot === sample.slot);
    if (same >= 0) {
      this.#samples[same] = sample;
    } else if (this.#samples.length < this.#capacity) {
      this.#samples.push(sample);
    } else {
      this.#samples[this.#oldest] = sample;
      this.#oldest = (this.#oldest + 1) % this.#capacity;
    }
  }

  /** The newest sample of a shape that is at most `windowSlots` older than `slot` and not newer. */
  newest(slot: number, windowSlots: number, shape: CsiShape): UplinkSample | undefined {
    let best: UplinkSample | undefined;
    let bestAge = windowSlots + 1;
    for (const sample of this.#samples) {
      const age = slotsAhead(slot, sample.slot);
      if (age < 0 || age >= bestAge || !sameShape(sample, shape)) continue;
      best = sample;
      bestAge = age;
    }
    return best;
  }
}

export function sameShape(a: CsiShape, b: CsiShape): boolean {
  return a.numAntennas === b.numAntennas && a.numDelays === b.numDelays;
}
