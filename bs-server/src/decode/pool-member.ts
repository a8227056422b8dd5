import type { BatchListener } from './batch-decoder.ts';
import { type BatchLayout, batchLayoutOf } from './batch-layout.ts';
import { DecodeSlot } from './decode-slot.ts';
import type { ExecutionProvider } from './graph.ts';
import { PendingRequests } from './pending-requests.ts';
import type { DecodeWorker, StartWorker } from './start-worker.ts';
import type { WorkerModel, WorkerReply, WorkerSetup } from './worker-messages.ts';

/** Slots per worker: one decodes while the other is filled or read. */
const slotsPerWorker = 2;
/** Failed batches in a row after which a worker is replaced. */
const maxFailuresInARow = 3;
/** What `maxRestarts` is counted over. */
const restartWindowMs = 60_000;

type WorkerReady = Extract<WorkerReply, { kind: 'ready' }>;

/** News of a worker, for the log and the health report. */
export type WorkerEvent =
  | { readonly kind: 'serving'; readonly ready: WorkerReady }
  | { readonly kind: 'batch-failed'; readonly message: string }
  /** A batch takes longer than any should; and the news that it has come to an end after all. */
  | { readonly kind: 'stuck'; readonly forMs: number }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'restarting'; readonly error: Error }
  /** A GPU failed; the worker goes on without it. */
  | { readonly kind: 'fell-back'; readonly from: ExecutionProvider; readonly error: Error }
  | { readonly kind: 'gave-up'; readonly error: Error }
  /** Decoders elsewhere have come or gone; so many of them take batches now. */
  | { readonly kind: 'group-changed'; readonly decoders: number }
  | { readonly kind: 'broker-lost' }
  | { readonly kind: 'broker-found' }
  | { readonly kind: 'broker-trouble'; readonly message: string };

export interface PoolMemberOptions {
  readonly startWorker: StartWorker;
  /** `models` are those at the start. */
  readonly setup: Omit<WorkerSetup, 'slots'>;
  /** Restarts within a minute after which the worker stays down. */
  readonly maxRestarts: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** One decode worker with its slots: started, replaced when it crashes, ended. */
export class PoolMember<J> {
  readonly #options: PoolMemberOptions;
  readonly #listener: BatchListener<J, DecodeSlot<J>>;
  readonly #slots: readonly DecodeSlot<J>[];
  /** What the worker has loaded, and its successor will load, by key. */
  readonly #models: Map<string, WorkerModel>;
  readonly #requests = new PendingRequests();
  #layout: BatchLayout;
  #worker: DecodeWorker | undefined;
  #serving = false;
  #executionProviders: readonly ExecutionProvider[];
  #provider: ExecutionProvider | undefined;
  #failuresInARow = 0;
  /** When the worker last answered, or was given a batch while it had none. */
  #progressMs = 0;
  #stuck = false;
  #restartsMs: number[] = [];
  /** Set until the worker serves for the first time. */
  #starting: { resolve(ready: WorkerReady): void; reject(error: Error): void } | undefined;
  #closed: Promise<void> | undefined;
  #onceEnded: (() => void) | undefined;

  constructor(options: PoolMemberOptions, listener: BatchListener<J, DecodeSlot<J>>) {
    this.#options = options;
    this.#listener = listener;
    this.#models = new Map(options.setup.models.map((model) => [model.key, model]));
    this.#executionProviders = options.setup.executionProviders;
    this.#layout = this.#layoutOfModels();
    this.#slots = Array.from(
      { length: slotsPerWorker },
      (_, slot) =>
        new DecodeSlot(this.#layout, {
          decode: (model, count) => this.#dispatch(slot, model, count),
          move: ({ layout, memory }) => this.#worker?.post({ kind: 'slot', slot, buffers: { layout, memory } }),
        }),
    );
  }

  /** True while the worker takes batches. */
  get serving(): boolean {
    return this.#serving && !this.#stuck;
  }

  /** True while a batch takes longer than any should. */
  get stuck(): boolean {
    return this.#stuck;
  }

  /** True once the worker is gone for good. */
  get down(): boolean {
    return this.#worker === undefined;
  }

  /** What the worker has loaded. */
  get models(): readonly WorkerModel[] {
    return [...this.#models.values()];
  }

  /** True while a batch is with the worker. */
  get busy(): boolean {
    return this.#slots.some((slot) => slot.decoding);
  }

  /** True while the worker loads or frees a model, which its batches wait for a moment. */
  get loading(): boolean {
    return this.#requests.size > 0;
  }

  /** Jobs in the slots. */
  get inFlight(): number {
    return this.#slots.reduce((sum, slot) => sum + slot.jobs.length, 0);
  }

  /** @throws Error where the worker ends before it serves. */
  start(): Promise<WorkerReady> {
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.#launch();
    });
  }

  claim(): DecodeSlot<J> | undefined {
    const slot = this.serving ? this.#slots.find(({ free }) => free) : undefined;
    slot?.claim(this.#layout);
    return slot;
  }

  /**
   * Loads one more model, which a successor of the worker will load too.
   *
   * @throws Error where the worker refuses it, or ends meanwhile; the worker is then as it was.
   */
  async load(model: WorkerModel): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || this.#closed !== undefined) throw new Error('the decode worker is down');
    await this.#requests.ask((request) => worker.post({ kind: 'load', request, model }));
    this.#models.set(model.key, model);
    this.#layout = this.#layoutOfModels();
  }

  /** Frees a model; no batch of it may be under way. A worker that ends meanwhile has freed it too. */
  async unload(key: string): Promise<void> {
    const worker = this.#worker;
    this.#models.delete(key);
    this.#layout = this.#layoutOfModels();
    if (worker === undefined || this.#closed !== undefined) return;
    await this.#requests
      .ask((request) => worker.post({ kind: 'unload', request, model: key }))
      .catch((error: Error) => {
        // A worker that has gone has nothing loaded.
        if (worker === this.#worker) throw error;
      });
  }

  /** Takes note of a batch that has been with the worker for longer than `limitMs`. */
  checkProgress(limitMs: number): void {
    const forMs = this.#options.clock() - this.#progressMs;
    if (this.#stuck || !this.busy || forMs <= limitMs) return;
    this.#stuck = true;
    this.#listener.changed({ kind: 'stuck', forMs });
  }

  /** Lets the worker finish its batches and end; one that takes longer than `timeoutMs` is left to itself. */
  close(timeoutMs: number): Promise<void> {
    this.#closed ??= this.#close(timeoutMs);
    return this.#closed;
  }

  async #close(timeoutMs: number): Promise<void> {
    this.#serving = false;
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise<void>((resolve) => {
      this.#onceEnded = resolve;
    });
    worker.post({ kind: 'close' });
    const timer = setTimeout(() => {
      worker.abandon();
      this.#exited(undefined);
    }, timeoutMs);
    await ended;
    clearTimeout(timer);
  }

  #dispatch(slot: number, model: string, count: number): void {
    if (this.#slots.filter(({ decoding }) => decoding).length === 1) this.#progressMs = this.#options.clock();
    this.#worker?.post({ kind: 'decode', slot, model, count });
  }

  #launch(): void {
    this.#failuresInARow = 0;
    const { models } = this;
    const slots = this.#slots.map(({ buffers: { layout, memory } }) => ({ layout, memory }));
    const setup = { ...this.#options.setup, models, slots, executionProviders: this.#executionProviders };
    this.#stuck = false;
    this.#worker = this.#options.startWorker(setup, {
      replied: (reply) => this.#replied(reply),
      exited: (error) => this.#exited(error),
    });
  }

  #replied(reply: WorkerReply): void {
    if (reply.kind === 'ready') {
      this.#serving = this.#closed === undefined;
      this.#provider = reply.provider;
      this.#listener.changed({ kind: 'serving', ready: reply });
      this.#starting?.resolve(reply);
      this.#starting = undefined;
      return;
    }
    if (reply.kind === 'done' || reply.kind === 'refused') {
      this.#requests.answer(reply);
      return;
    }
    const slot = this.#slots[reply.slot] as DecodeSlot<J>;
    slot.finish();
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
      this.#worker?.post({ kind: 'close' });
    }
    this.#listener.changed({ kind: 'batch-failed', message: reply.message });
    this.#listener.lost(jobs, 'decoder-error');
  }

  #exited(error: Error | undefined): void {
    this.#serving = false;
    this.#worker = undefined;
    const cut = this.#slots.filter(({ decoding }) => decoding);
    const jobs = cut.flatMap((slot) => slot.jobs);
    for (const slot of cut) slot.release();
    if (this.#closed === undefined) this.#replace(error ?? new Error('decode worker ended on its own'));
    if (jobs.length > 0) this.#listener.lost(jobs, 'worker-crash');
    this.#requests.failAll(error ?? new Error('the decode worker has ended'));
    this.#onceEnded?.();
  }

  #layoutOfModels(): BatchLayout {
    return batchLayoutOf(this.#models.values(), this.#options.setup.maxBatchSize);
  }

  #replace(error: Error): void {
    if (this.#starting !== undefined) {
      this.#starting.reject(error);
      return;
    }
    const nowMs = this.#options.clock();
    this.#restartsMs = this.#restartsMs.filter((atMs) => nowMs - atMs < restartWindowMs);
    if (this.#restartsMs.length >= this.#options.maxRestarts) {
      this.#listener.changed({ kind: 'gave-up', error });
      return;
    }
    this.#restartsMs.push(nowMs);
    const from = this.#provider;
    // A GPU that has failed once is not trusted again: its driver may take the process with it the next time.
    const fallsBack = from !== undefined && from !== 'cpu' && this.#executionProviders.includes('cpu');
    if (fallsBack) this.#executionProviders = ['cpu'];
    // Not down in between: whoever hears of it can count on the next worker.
    this.#launch();
    this.#listener.changed({ kind: 'restarting', error });
    if (fallsBack) this.#listener.changed({ kind: 'fell-back', from, error });
  }
}
