/** What has happened in one window of observation. */
export interface LoadWindow {
  /** Reports that left the queue, decoded or not. */
  readonly settled: number;
  /** Of these, the ones that were superseded, late or shed: CSI the UE sent for nothing. */
  readonly missed: number;
  /** Mean wait of the decoded reports in front of the decoder. */
  readonly queueMs: number;
  /** Share of the decoders' time that was spent decoding, 0..1. */
  readonly busyShare: number;
}

/** What UEs and queue are asked to give up. */
export interface Relief {
  /** Report periods are this many times as long as asked. */
  readonly periodFactor: number;
  /** Bits every codeword component drops beyond those asked. */
  readonly extraTruncation: number;
  /** Doublings of theta, each about one phase bit less for every entry that has any. */
  readonly thetaDoublings: number;
  /** Whether reports are shed that cannot be decoded in time, oldest deadline first. */
  readonly shedding: boolean;
}

export const noRelief: Relief = { periodFactor: 1, extraTruncation: 0, thetaDoublings: 0, shedding: false };

/** Longer periods first, for they cost the least CSI; then fewer bits; shedding last. */
export const reliefLevels: readonly Relief[] = [
  noRelief,
  { periodFactor: 2, extraTruncation: 0, thetaDoublings: 0, shedding: false },
  { periodFactor: 4, extraTruncation: 0, thetaDoublings: 0, shedding: false },
  { periodFactor: 8, extraTruncation: 0, thetaDoublings: 0, shedding: false },
  { periodFactor: 8, extraTruncation: 1, thetaDoublings: 1, shedding: false },
  { periodFactor: 8, extraTruncation: 2, thetaDoublings: 2, shedding: false },
  { periodFactor: 8, extraTruncation: 2, thetaDoublings: 2, shedding: true },
];

/** A decoder that is busy for less than this is not what reports wait for. */
const saturatedShare = 0.9;
/** Missed reports that are worth acting on. */
const missedShare = 0.02;
/** Load that a lower level may be expected to bring. */
const comfortableShare = 0.75;
/** Windows in a row without a miss before a level is given back. */
const calmWindows = 8;

/**
 * Decides how much UEs are asked to hold back.
 *
 * A level is added for each window in which saturated decoders miss reports or keep them waiting for half their
 * deadline. It is given back after a calm while, if the load that comes back with it will still fit: so the level
 * settles instead of swinging.
 */
export class OverloadPolicy {
  readonly #deadlineMs: number;
  #level = 0;
  #calm = 0;

  constructor(deadlineMs: number) {
    this.#deadlineMs = deadlineMs;
  }

  /** Position in `reliefLevels`. */
  get level(): number {
    return this.#level;
  }

  /** Takes one window into account. @returns the level from now on */
  observe({ settled, missed, queueMs, busyShare }: LoadWindow): number {
    const missing = missed > missedShare * settled;
    if (busyShare >= saturatedShare && (missing || queueMs > this.#deadlineMs / 2)) {
      this.#calm = 0;
      this.#level = Math.min(this.#level + 1, reliefLevels.length - 1);
      return this.#level;
    }
    const returning = this.#level > 0 ? periodFactorAt(this.#level) / periodFactorAt(this.#level - 1) : 1;
    this.#calm = !missing && busyShare * returning < comfortableShare ? this.#calm + 1 : 0;
    if (this.#level > 0 && this.#calm >= calmWindows) {
      this.#calm = 0;
      this.#level--;
    }
    return this.#level;
  }
}

function periodFactorAt(level: number): number {
  return (reliefLevels[level] as Relief).periodFactor;
}
