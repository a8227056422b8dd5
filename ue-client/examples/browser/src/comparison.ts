import { type AngularDelayCsi, nmseDb, squaredErrorRatio } from '@edge-csi/csi';
import { type ChannelEstimate, type EstimateQuality, readCsiMatrixInto } from '@edge-csi/proto';

/** An estimate of the BS beside what the UE measured. */
export interface Compared {
  readonly slot: number;
  readonly truth: AngularDelayCsi;
  readonly estimate: AngularDelayCsi;
  readonly quality: EstimateQuality;
  /** Complex, in dB; undefined where the estimate is none of this report. */
  readonly nmseDb: number | undefined;
}

/** Slots that wait for their other half, each side. */
const capacity = 256;

/** Brings measurements and estimates of one UE together, slot by slot, whichever comes first, and keeps the score. */
export class Comparison {
  readonly #truths = new SlotWindow<AngularDelayCsi>(capacity);
  readonly #estimates = new SlotWindow<ChannelEstimate>(capacity);
  readonly #onCompared: (compared: Compared) => void;
  #ratioSum = 0;
  #count = 0;

  constructor(onCompared: (compared: Compared) => void) {
    this.#onCompared = onCompared;
  }

  /** Estimates in the mean: those decoded from the report of their slot. */
  get count(): number {
    return this.#count;
  }

  /** 10 log10 of the mean of the ratios; NaN where there is none. */
  get meanNmseDb(): number {
    return this.#count === 0 ? Number.NaN : nmseDb([this.#ratioSum / this.#count]);
  }

  clear(): void {
    this.#truths.clear();
    this.#estimates.clear();
    this.#ratioSum = 0;
    this.#count = 0;
  }

  addTruth(slot: number, truth: AngularDelayCsi): void {
    this.#truths.set(slot, truth);
    const estimate = this.#estimates.get(slot);
    if (estimate !== undefined) this.#compare(truth, estimate);
  }

  addEstimate(estimate: ChannelEstimate): void {
    const truth = this.#truths.get(estimate.slot);
    if (truth === undefined) this.#estimates.set(estimate.slot, estimate);
    else this.#compare(truth, estimate);
  }

  #compare(truth: AngularDelayCsi, { slot, quality, csi }: ChannelEstimate): void {
    // The page subscribes to matrices, and to paths where there are any.
    if (csi === undefined) return;
    const { numAntennas, numDelays } = csi;
    if (numAntennas !== truth.numAntennas || numDelays !== truth.numDelays) return;
    const values = new Float32Array(2 * numAntennas * numDelays);
    readCsiMatrixInto(values, csi);
    const estimate: AngularDelayCsi = { domain: 'angular-delay', numAntennas, numDelays, values };
    // The others repeat an older report, or know no phases.
    const isOfReport = quality !== 'held' && quality !== 'uplink-only' && quality !== 'predicted';
    const ratio = isOfReport ? squaredErrorRatio(truth, estimate) : undefined;
    if (ratio !== undefined) {
      this.#ratioSum += ratio;
      this.#count++;
      this.#truths.delete(slot);
      this.#estimates.delete(slot);
    }
    this.#onCompared({ slot, truth, estimate, quality, nmseDb: ratio === undefined ? undefined : nmseDb([ratio]) });
  }
}

/** A value for each of the newest slots. */
export class SlotWindow<V> {
  readonly #values = new Map<number, V>();
  readonly #capacity: number;

  /** @param capacity - slots that are kept; beyond that the one set longest ago goes */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(slot: number): V | undefined {
    return this.#values.get(slot);
  }

  set(slot: number, value: V): void {
    this.#values.set(slot, value);
    for (const oldest of this.#values.keys()) {
      if (this.#values.size <= this.#capacity) break;
      this.#values.delete(oldest);
    }
  }

  delete(slot: number): void {
    this.#values.delete(slot);
  }

  clear(): void {
    this.#values.clear();
  }
}
