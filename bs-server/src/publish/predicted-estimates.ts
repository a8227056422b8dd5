import { type ChannelPaths, errorAfter, pathsAfter } from '@edge-csi/csi';
import { pathsToAngularDelay } from '@edge-csi/csi/paths';
import { csiMatrixOf } from '@edge-csi/proto';
import type { PublishedEstimate } from './estimate-stream.ts';

export interface PredictedEstimatesOptions {
  /** Slots from one prediction of a UE to the next, from its latest estimate on. 0: none between reports. */
  readonly everySlots: number;
  readonly slotMs: number;
  /** UEs whose paths are kept; beyond that the UE decoded longest ago is forgotten. */
  readonly maxUes: number;
  readonly clock: () => number;
  /** Takes a prediction that is due. */
  readonly publish: (estimate: PublishedEstimate) => void;
}

/** What is known of how a UE's channel goes on. */
interface Course {
  /** The latest estimate, without its matrix, which the decoder overwrites. */
  readonly estimate: PublishedEstimate;
  readonly publishedMs: number;
  dueMs: number;
}

/** Error to be expected, relative to the channel, from which a prediction says no more than nothing. */
const MOST_ERROR = 0.9;

/**
 * Predicts channels from the latest report of every UE, as long as its paths' Doppler shifts tell how the channel goes on.
 *
 * Reports without shifts predict nothing. Where predictions fall behind, those that are overdue are left out.
 */
export class PredictedEstimates {
  readonly #options: PredictedEstimatesOptions;
  /** In order of what is due next: all wait equally long. */
  readonly #byUe = new Map<string, Course>();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(options: PredictedEstimatesOptions) {
    this.#options = options;
  }

  /** Takes an estimate, published now, in place of its UE's last. */
  keep(estimate: PublishedEstimate, nowMs: number): void {
    const { maxUes, everySlots, slotMs } = this.#options;
    const { ueId, readPaths } = estimate;
    this.#byUe.delete(ueId);
    if (readPaths === undefined || this.#isClosed) return;
    // Few of these reports may ever be looked at.
    let paths: ChannelPaths | undefined;
    const read = () => {
      paths ??= readPaths();
      return paths;
    };
    const csi = { ...estimate.csi, values: new Uint8Array(0) };
    const dueMs = nowMs + everySlots * slotMs;
    this.#byUe.set(ueId, { estimate: { ...estimate, csi, readPaths: read }, publishedMs: nowMs, dueMs });
    if (this.#byUe.size > maxUes) {
      for (const longestAgo of this.#byUe.keys()) {
        this.#byUe.delete(longestAgo);
        break;
      }
    }
    this.#arm(nowMs);
  }

  /** The channel of a UE's session as it is likely now; nothing where that cannot be told. */
  of(ueId: string, epoch: number, nowMs: number): PublishedEstimate | undefined {
    const course = this.#byUe.get(ueId);
    return course?.estimate.epoch === epoch ? this.#predict(course, nowMs) : undefined;
  }

  close(): void {
    this.#isClosed = true;
    this.#byUe.clear();
    clearTimeout(this.#timer);
  }

  #predict({ estimate, publishedMs }: Course, nowMs: number): PublishedEstimate | undefined {
    const { readPaths, csi, slot } = estimate;
    const ageMs = estimate.ageMs + nowMs - publishedMs;
    const slots = Math.round(ageMs / this.#options.slotMs);
    const paths = readPaths?.();
    if (paths === undefined || paths.spanSlots === 0) return undefined;
    const expectedError = errorAfter(paths, slots);
    if (expectedError > MOST_ERROR) return undefined;
    const ahead = pathsAfter(paths, slots);
    const matrix = pathsToAngularDelay(ahead, csi.numDelays);
    return {
      ...estimate,
      slot: (slot + slots) >>> 0,
      csi: csiMatrixOf(matrix),
      readPaths: () => ahead,
      quality: 'predicted',
      expectedError,
      ageMs,
      payloadBits: 0,
    };
  }

  #arm(nowMs: number): void {
    if (this.#options.everySlots === 0 || this.#timer !== undefined) return;
    for (const { dueMs } of this.#byUe.values()) {
      this.#timer = setTimeout(() => this.#publishDue(), Math.max(0, Math.ceil(dueMs - nowMs)));
      break;
    }
  }

  #publishDue(): void {
    const { clock, everySlots, slotMs, publish } = this.#options;
    const nowMs = clock();
    this.#timer = undefined;
    for (const [ueId, course] of [...this.#byUe]) {
      if (course.dueMs > nowMs) break;
      this.#byUe.delete(ueId);
      const prediction = this.#predict(course, nowMs);
      if (prediction === undefined) continue;
      const periodMs = everySlots * slotMs;
      // As regular as the timer allows, and never a burst.
      course.dueMs = Math.max(course.dueMs + periodMs, nowMs + periodMs / 2);
      this.#byUe.set(ueId, course);
      publish(prediction);
    }
    this.#arm(nowMs);
  }
}
