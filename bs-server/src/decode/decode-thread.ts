import type { BatchListener, Decodable } from './batch-decoder.ts';
import { type BatchLayout, batchLayoutOf } from './batch-layout.ts';
import { BatchSlot } from './batch-slot.ts';
import type { ExecutionProvider } from './graph.ts';
import type { StartThread, ThreadPort, ThreadReply, ThreadRequest, ThreadSetup, WorkerModel } from './thread-port.ts';

/** Slots per thread: one decodes while the other is filled or read. */
const slotsPerThread = 2;
/** Failed batches in a row after which a thread is replaced. */
const maxFailuresInARow = 3;
/** What `maxWorkerRestarts` is counted over. */
const restartWindowMs = 60_000;

export type ThreadReady = Extract<ThreadReply, { kind: 'ready' }>;

export interface DecodeThreadOptions extends Omit<ThreadSetup, 'slots' | 'models'> {
  /** Restarts within a minute after which the thread stays down. */
  readonly maxWorkerRestarts: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

/** One decode thread of this process, with its slots: started, replaced when it crashes, ended. */
export class DecodeThread<J extends Decodable> {
  readonly #options: DecodeThreadOptions;
  readonly #listener: BatchListener<J, BatchSlot<J>>;
  readonly #start: StartThread;
  readonly #slots: readonly BatchSlot<J>[];
  /** What the thread has loaded, and its successor will load, by key. */
  readonly #models: Map<string, WorkerModel>;
  /** Loads and unloads that wait for an answer, by number. */
  readonly #requests = new Map<number, Waiting>();
  #lastRequest = 0;
  #layout: BatchLayout;
  #port: ThreadPort | undefined;
  #serving = false;
  #executionProviders: readonly ExecutionProvider[];
  #provider: ExecutionProvider | undefined;
  #failuresInARow = 0;
  /** When the thread last answered, or was given a batch while it had none. */
  #progressMs = 0;
  #stuck = false;
  #restartsMs: number[] = [];
  /** Set until the thread serves for the first time. */
  #starting: { resolve(ready: ThreadReady): void; reject(error: Error): void } | undefined;
  #closed: Promise<void> | undefined;
  #onceEnded: (() => void) | undefined;

  /** @param models - those at the start */
  constructor(
    options: DecodeThreadOptions,
    models: readonly WorkerModel[],
    listener: BatchListener<J, BatchSlot<J>>,
    start: StartThread,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#start = start;
    this.#models = new Map(models.map((model) => [model.key, model]));
    this.#executionProviders = options.executionProviders;
    this.#layout = this.#layoutOfModels();
    this.#slots = Array.from(
      { length: slotsPerThread },
      (_, slot) =>
        new BatchSlot(this.#layout, {
          decode: (model, count) => this.#dispatch(slot, model, count),
          move: ({ layout, memory }) => this.#port?.post({ kind: 'slot', slot, buffers: { layout, memory } }),
        }),
    );
  }

  /** True while the thread takes batches. */
  get serving(): boolean {
    return this.#serving && !this.#stuck;
  }

  /** True while a batch takes longer than any should. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** True once the thread is gone for good. */
  get down(): boolean {
    return this.#port === undefined;
  }

  /** What the thread has loaded. */
  get models(): readonly WorkerModel[] {
    return [...this.#models.values()];
  }

  /** True while a batch is with the thread. */
  get busy(): boolean {
    return this.#slots.some((slot) => slot.decoding);
  }

  /** True while the thread loads or frees a model, which its batches wait for a moment. */
  get loading(): boolean {
    return this.#requests.size > 0;
  }

  /** Jobs in the slots. */
  get inFlight(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.jobs.length, 0);
  }

  /** @throws Error where the thread ends before it serves. */
  start(): Promise<ThreadReady> {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#launch();
    });
  }

  claim(): BatchSlot<J> | undefined {
    const slot = this.serving ? this.#slots.find(({ free }) => free) : undefined;
    slot?.claim(this.#layout);
    return slot;
  }

  /**
   * Loads one more model, which a successor of the thread will load too.
   *
   * @throws Error where the thread refuses it, or ends meanwhile; it is then as it was.
   */
  async load(model: WorkerModel): Promise<void> {
    if (this.#port === undefined || this.#closed !== undefined) throw new Error('the decode worker is down');
    await this.#ask(this.#port, (request) => ({ kind: 'load', request, model }));
    this.#models.set(model.key, model);
    this.#layout = this.#layoutOfModels();
  }

  /** Frees a model; no batch of it may be under way. A thread that ends meanwhile has freed it too. */
  async unload(key: string): Promise<void> {
    const port = this.#port;
    this.#models.delete(key);
    this.#layout = this.#layoutOfModels();
    if (port === undefined || this.#closed !== undefined) return;
    await this.#ask(port, (request) => ({ kind: 'unload', request, model: key })).catch((error: Error) => {
      // A thread that has gone has nothing loaded.
      if (port === this.#port) throw error;
    });
  }

  /** Takes note of a batch that has been with the thread for longer than `limitMs`. */
  checkProgress(limitMs: number): void {
    const forMs = this.#options.clock() - this.#progressMs;
    if (this.#stuck || !this.busy || forMs <= limitMs) return;
    this.#stuck = true;
    this.#listener.changed({ kind: 'stuck', forMs });
  }

  /** Lets the thread finish its batches and end; one that takes longer than `timeoutMs` is left to itself. */
  close(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#serving = false;
    const port = this.#port;
    if (port === undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.#onceEnded = resolve;
    });
    port.post({ kind: 'close' });
    const timer = setTimeout(() => {
      port.abandon();
      this.#exited(undefined);
    }, timeoutMs);
    await ended;
    clearTimeout(timer);
  }

  #ask(port: ThreadPort, requestOf: (request: number) => ThreadRequest): Promise<void> {
    const request = ++this.#lastRequest;
    return new Promise((resolve, reject) => {
      this.#requests.set(request, { resolve, reject });
      port.post(requestOf(request));
    });
  }

  #dispatch(slot: number, model: string, count: number): void {
    if (this.#slots.filter(({ decoding }) => decoding).length === 1) this.#progressMs = this.#options.clock();
    this.#port?.post({ kind: 'decode', slot, model, count });
  }

  #launch(): void {
    const { maxBatchSize, intraOpNumThreads } = this.#options;
    const slots = this.#slots.map(({ buffers: { layout, memory } }) => ({ layout, memory }));
    const executionProviders = this.#executionProviders;
    this.#failuresInARow = 0;
    this.#stuck = false;
    this.#port = this.#start(
      { models: this.models, maxBatchSize, slots, executionProviders, intraOpNumThreads },
      {
        replied: (reply) => this.#replied(reply),
        exited: (error) => this.#exited(error),
      },
    );
  }

  #replied(reply: ThreadReply): void {
    if (reply.kind === 'ready') {
      this.#serving = this.#closed === undefined;
      this.#provider = reply.provider;
      this.#listener.changed({ kind: 'serving', ready: reply });
      this.#starting?.resolve(reply);
      this.#starting = undefined;
    } else if (reply.kind === 'done' || reply.kind === 'refused') {
      const waiting = this.#requests.get(reply.request);
      this.#requests.delete(reply.request);
      if (reply.kind === 'done') waiting?.resolve();
      else waiting?.reject(new Error(reply.message));
    } else {
      this.#batchDone(this.#slots[reply.slot] as BatchSlot<J>, reply);
    }
  }

  #batchDone(slot: BatchSlot<J>, reply: Extract<ThreadReply, { kind: 'decoded' | 'failed' }>): void {
    slot.takeBack();
    this.#progressMs = this.#options.clock();
    if (this.#stuck) {
      this.#stuck = false;
      this.#listener.changed({ kind: 'recovered' });
    }
    if (reply.kind === 'decoded') {
      this.#failuresInARow = 0;
      this.#listener.decoded(slot, reply.decodeMs, reply.codewordDrift);
      return;
    }
    const { jobs } = slot;
    slot.release();
    if (++this.#failuresInARow >= maxFailuresInARow) {
      this.#serving = false;
      this.#port?.post({ kind: 'close' });
    }
    this.#listener.changed({ kind: 'batch-failed', message: reply.message });
    this.#listener.lost(jobs, 'decoder-error');
  }

  #exited(error: Error | undefined): void {
    this.#serving = false;
    this.#port = undefined;
    const cut = this.#slots.filter(({ decoding }) => decoding);
    const jobs = cut.flatMap((slot) => slot.jobs);
    for (const slot of cut) slot.release();
    if (this.#closed === undefined) this.#replace(error ?? new Error('decode worker ended on its own'));
    if (jobs.length > 0) this.#listener.lost(jobs, 'worker-crash');
    for (const { reject } of this.#requests.values()) reject(error ?? new Error('the decode worker has ended'));
    this.#requests.clear();
    this.#onceEnded?.();
  }

  #layoutOfModels(): BatchLayout {
    return batchLayoutOf(this.#models.values(), this.#options.maxBatchSize);
  }

  #replace(error: Error): void {
    if (this.#starting !== undefined) {
      this.#starting.reject(error);
      return;
    }
    const nowMs = this.#options.clock();
    this.#restartsMs = this.#restartsMs.filter((atMs) => nowMs - atMs < restartWindowMs);
    if (this.#restartsMs.length >= this.#options.maxWorkerRestarts) {
      this.#listener.changed({ kind: 'gave-up', error });
      return;
    }
    this.#restartsMs.push(nowMs);
    const from = this.#provider;
    // A GPU that has failed once is not trusted again: its driver may take the process with it the next time.
    const fallsBack = from !== undefined && from !== 'cpu' && this.#executionProviders.includes('cpu');
    if (fallsBack) this.#executionProviders = ['cpu'];
    // Not down in between: whoever hears of it can count on the next thread.
    this.#launch();
    this.#listener.changed({ kind: 'restarting', error });
    if (fallsBack) this.#listener.changed({ kind: 'fell-back', from, error });
  }
}
