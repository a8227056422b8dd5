import type { Logger } from 'pino';
import { OverloadPolicy, type Relief, reliefLevels } from './overload-policy.ts';
import type { Tally } from './server-stats.ts';

export interface OverloadControlOptions {
  /** False: UEs are left alone. */
  readonly overloadControl: boolean;
  readonly deadlineMs: number;
  readonly maxQueueSize: number;
  readonly maxBatchSize: number;
  readonly tally: Tally;
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
