export interface BatcherOptions {
  /** Most jobs of one batch. */
  readonly maxBatchSize: number;
  /** How long the first job of a batch waits for others while the decoder is idle; 0 dispatches at once. */
  readonly maxQueueDelayMs: number;
}

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

/** What left the queue: jobs to decode, most urgent first, and jobs whose deadline has passed. */
interface Batch<J> {
  readonly jobs: readonly J[];
  readonly late: readonly J[];
}

interface Entry<J> {
  readonly ueId: string;
  /** What the queue is ordered by: the deadline of the first job that stood in this place. */
  readonly urgencyMs: number;
  readonly queuedMs: number;
  deadlineMs: number;
  job: J;
}

/**
 * Queue in front of one model's decoder: earliest deadline first, at most one job per UE, newest wins.
 *
 * A newer job takes the place of the one it replaces, so a UE that reports faster than it is served keeps its turn.
 * The queue holds no timer: it is asked whenever a job arrives or the decoder becomes free. Time comes in as an
 * argument and must not run backwards.
 */
export class Batcher<J> {
  readonly #options: BatcherOptions;
  readonly #byUe = new Map<string, Entry<J>>();
  /** Most urgent first. */
  readonly #queue: Entry<J>[] = [];

  constructor(options: BatcherOptions) {
    this.#options = options;
  }

  /** Jobs in the queue. Never more than there are UEs. */
  get size(): number {
    return this.#queue.length;
  }

  /** True where a take would fill a whole batch. */
  get full(): boolean {
    return this.#queue.length >= this.#options.maxBatchSize;
  }

  /** Deadline that the queue's first place stands for; Infinity where it is empty. */
  get urgencyMs(): number {
    return this.#queue[0]?.urgencyMs ?? Number.POSITIVE_INFINITY;
  }

  /** When an idle decoder should take a batch; Infinity where the queue is empty. */
  get readyAtMs(): number {
    const first = this.#queue[0];
    if (first === undefined) return Number.POSITIVE_INFINITY;
    return this.full ? first.queuedMs : first.queuedMs + this.#options.maxQueueDelayMs;
  }

  /** @returns the older job of the same UE that this one replaces */
  push(ueId: string, deadlineMs: number, job: J, nowMs: number): J | undefined {
    const waiting = this.#byUe.get(ueId);
    if (waiting !== undefined) {
      const superseded = waiting.job;
      waiting.job = job;
      waiting.deadlineMs = deadlineMs;
      return superseded;
    }
    const entry = { ueId, urgencyMs: deadlineMs, queuedMs: nowMs, deadlineMs, job };
    this.#byUe.set(ueId, entry);
    // Deadlines arrive nearly in order, so the place is found from the end.
    let place = this.#queue.length;
    while (place > 0 && (this.#queue[place - 1] as Entry<J>).urgencyMs > deadlineMs) place--;
    this.#queue.splice(place, 0, entry);
    return undefined;
  }

  /** Takes the most urgent jobs, up to a batch; jobs past their deadline come out beside them and fill no place. */
  take(nowMs: number): Batch<J> {
    const jobs: J[] = [];
    const late: J[] = [];
    let taken = 0;
    for (const entry of this.#queue) {
      if (jobs.length === this.#options.maxBatchSize) break;
      taken++;
      this.#byUe.delete(entry.ueId);
      (entry.deadlineMs > nowMs ? jobs : late).push(entry.job);
    }
    this.#queue.splice(0, taken);
    return { jobs, late };
  }

  /** Takes every job past its deadline, for the time when no decoder can take a batch. */
  takeLate(nowMs: number): J[] {
    const late: J[] = [];
    for (let place = this.#queue.length - 1; place >= 0; place--) {
      const entry = this.#queue[place] as Entry<J>;
      if (entry.deadlineMs > nowMs) continue;
      this.#queue.splice(place, 1);
      this.#byUe.delete(entry.ueId);
      late.unshift(entry.job);
    }
    return late;
  }

  /** Takes the jobs beyond `maxSize`, oldest deadline first: they are the likeliest to be late, and the least fresh. */
  takeExcess(maxSize: number): J[] {
    const excess = this.#queue.splice(0, Math.max(0, this.#queue.length - maxSize));
    for (const { ueId } of excess) this.#byUe.delete(ueId);
    return excess.map(({ job }) => job);
  }

  /** Takes every job, for a server that stops. */
  takeAll(): J[] {
    this.#byUe.clear();
    return this.#queue.splice(0).map((entry) => entry.job);
  }
}
