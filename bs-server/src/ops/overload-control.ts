import type { Logger } from 'pino';

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
  /** Steps that every rate knob is turned towards fewer bits. */
  readonly rateSteps: number;
  /** Whether reports are shed that cannot be decoded in time, oldest deadline first. */
  readonly shedding: boolean;
}

export const noRelief: Relief = { periodFactor: 1, rateSteps: 0, shedding: false };

/** Longer periods first, for they cost the least CSI; then fewer bits; shedding last. */
export const reliefLevels: readonly Relief[] = [
  noRelief,
  { periodFactor: 2, rateSteps: 0, shedding: false },
  { periodFactor: 4, rateSteps: 0, shedding: false },
  { periodFactor: 8, rateSteps: 0, shedding: false },
  { periodFactor: 8, rateSteps: 1, shedding: false },
  { periodFactor: 8, rateSteps: 2, shedding: false },
  { periodFactor: 8, rateSteps: 2, shedding: true },
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

export interface OverloadControlOptions {
  /** False: UEs are left alone. */
  readonly overloadControl: boolean;
  readonly deadlineMs: number;
  readonly maxQueueSize: number;
  readonly maxBatchSize: number;
  /** Settled reports by outcome, and how long the decoded ones waited and took, in all. */
  readonly tally: {
    readonly reasons: { sum(outcome: 'decoded' | 'superseded' | 'late' | 'shed'): number };
    readonly queueMs: { readonly value: number };
    readonly decodeMs: { readonly value: number };
  };
  /** Tells every UE. */
  readonly apply: (relief: Relief) => void;
  readonly logger: Logger;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** What the counters stood at when the window began. */
interface Mark {
  readonly atMs: number;
  readonly settled: number;
  readonly missed: number;
  readonly decoded: number;
  readonly queueMs: number;
  readonly busyMs: number;
}

/** Watches the counters and applies the overload policy. To be asked at a steady pace. */
export class OverloadControl {
  readonly #options: OverloadControlOptions;
  readonly #policy: OverloadPolicy;
  #mark: Mark;
  /** Reports a decoder takes in half a deadline, by the latest window that decoded any. */
  #bound = Number.POSITIVE_INFINITY;

  constructor(options: OverloadControlOptions) {
    this.#options = options;
    this.#policy = new OverloadPolicy(options.deadlineMs);
    this.#mark = this.#now();
  }

  /** 0 where nothing is held back. */
  get level(): number {
    return this.#policy.level;
  }

  get relief(): Relief {
    return reliefLevels[this.level] as Relief;
  }

  /** Reports one queue may hold. */
  get queueBound(): number {
    const { maxQueueSize, maxBatchSize } = this.#options;
    return this.relief.shedding ? Math.min(maxQueueSize, Math.max(maxBatchSize, this.#bound)) : maxQueueSize;
  }

  /**
   * Closes a window of observation and applies what follows from it.
   *
   * @param numDecoders - decode workers that share the load
   */
  tick(numDecoders: number): void {
    const { overloadControl, apply, logger, deadlineMs } = this.#options;
    if (!overloadControl) return;
    const before = this.#mark;
    const now = this.#now();
    this.#mark = now;
    const spanMs = now.atMs - before.atMs;
    if (spanMs <= 0) return;
    const decoded = now.decoded - before.decoded;
    const busyMs = now.busyMs - before.busyMs;
    const workers = Math.max(1, numDecoders);
    if (decoded > 0 && busyMs > 0) this.#bound = Math.floor((decoded / busyMs) * workers * (deadlineMs / 2));
    const was = this.level;
    const level = this.#policy.observe({
      settled: now.settled - before.settled,
      missed: now.missed - before.missed,
      queueMs: decoded === 0 ? 0 : (now.queueMs - before.queueMs) / decoded,
      busyShare: busyMs / (spanMs * workers),
    });
    if (level === was) return;
    const log = level > was ? 'warn' : 'info';
    logger[log]({ overloadLevel: level, ...this.relief }, level > was ? 'overload: UEs hold back' : 'load has fallen');
    apply(this.relief);
  }

  #now(): Mark {
    const { clock, tally } = this.#options;
    const { reasons, queueMs, decodeMs } = tally;
    const decoded = reasons.sum('decoded');
    const missed = reasons.sum('superseded') + reasons.sum('late') + reasons.sum('shed');
    return {
      atMs: clock(),
      settled: decoded + missed,
      missed,
      decoded,
      queueMs: queueMs.value,
      busyMs: decodeMs.value,
    };
  }
}
