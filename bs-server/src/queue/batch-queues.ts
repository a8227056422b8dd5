import { Batcher, type BatcherOptions } from './batcher.ts';

/** `spare`: done only while no report waits. */
export type Priority = 'report' | 'spare';

/** Share of a full batch that spare jobs are decoded in: a report that comes just after waits for the rest of such a batch. */
const spareBatchShare = 1 / 4;

/** One queue for every model, made when its first job comes. Time comes in as an argument and must not run backwards. */
export class BatchQueues<J> {
  readonly #options: BatcherOptions;
  readonly #batchers = { report: new Map<string, Batcher<J>>(), spare: new Map<string, Batcher<J>>() };

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Jobs in all queues, the spare ones apart. */
  get size(): number {
    let size = 0;
    for (const batcher of this.#batchers.report.values()) size += batcher.size;
    return size;
  }

  /** Jobs in one model's queue, the spare ones apart. */
  sizeOf(model: string): number {
    return this.#batchers.report.get(model)?.size ?? 0;
  }

  /** @returns the older job of the same UE and model that this one replaces */
  push(
    model: string,
    ueId: string,
    deadlineMs: number,
    job: J,
    nowMs: number,
    priority: Priority = 'report',
  ): J | undefined {
    let batcher = this.#batchers[priority].get(model);
    if (batcher === undefined) {
      const { maxBatchSize } = this.#options;
      const small = { maxBatchSize: Math.ceil(maxBatchSize * spareBatchShare), maxQueueDelayMs: 0 };
      batcher = new Batcher(priority === 'spare' ? small : this.#options);
      this.#batchers[priority].set(model, batcher);
    }
    return batcher.push(ueId, deadlineMs, job, nowMs);
  }

  /** Queues that a decoder should take a batch of now, by model, the most urgent first. */
  ready(priority: Priority, nowMs: number): (readonly [string, Batcher<J>])[] {
    const ready = [...this.#batchers[priority]].filter(([, batcher]) => batcher.readyAtMs <= nowMs);
    return ready.sort(([, a], [, b]) => a.urgencyMs - b.urgencyMs);
  }

  /**
   * When time alone brings about something: an idle decoder should take a batch, or, without a decoder, a job is late.
   */
  wakeMs(nowMs: number, serving: boolean): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const { readyAtMs, urgencyMs } of this.#all()) {
      if (!serving) wakeMs = Math.min(wakeMs, urgencyMs);
      else if (readyAtMs > nowMs) wakeMs = Math.min(wakeMs, readyAtMs);
    }
    return wakeMs;
  }

  /** Takes every job past its deadline, for the time when no decoder can take a batch. */
  takeLate(nowMs: number): J[] {
    return this.#all().flatMap((batcher) => batcher.takeLate(nowMs));
  }

  /** Takes the jobs of one model beyond `maxSize`, oldest deadline first. */
  takeExcess(model: string, maxSize: number): J[] {
    return this.#batchers.report.get(model)?.takeExcess(maxSize) ?? [];
  }

  /** Takes every job, for a server that stops. */
  takeAll(): J[] {
    return this.#all().flatMap((batcher) => batcher.takeAll());
  }

  /** Forgets the queue of a model that is gone; it must be empty. */
  remove(model: string): void {
    this.#batchers.report.delete(model);
  }

  #all(): Batcher<J>[] {
    return [...this.#batchers.report.values(), ...this.#batchers.spare.values()];
  }
}
