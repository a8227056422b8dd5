import { CsiError } from '@edge-csi/csi';
import type { BatchDecoder, BatchListener, Decodable, DecoderEvent } from './batch-decoder.ts';
import type { BatchSlot } from './batch-slot.ts';
import { DecodeThread, type DecodeThreadOptions } from './decode-thread.ts';
import type { ExecutionProvider } from './graph.ts';
import { type StartThread, startThread, type WorkerModel } from './thread-port.ts';

export interface DecoderPoolOptions extends DecodeThreadOptions {
  /** Threads on the CPU; on a GPU there is one, whatever this says. */
  readonly decodeWorkers: number;
}

/** Decodes in this process: the decode threads and the batches that are with them. */
export class DecoderPool<J extends Decodable> implements BatchDecoder<J> {
  readonly #options: DecoderPoolOptions;
  readonly #models: readonly WorkerModel[];
  readonly #listener: BatchListener<J, BatchSlot<J>>;
  readonly #startThread: StartThread;
  readonly #threads: DecodeThread<J>[] = [];

  /** @param models - those at the start */
  constructor(
    options: DecoderPoolOptions,
    models: readonly WorkerModel[],
    listener: BatchListener<J, BatchSlot<J>>,
    start: StartThread = startThread,
  ) {
    this.#options = options;
    this.#models = models;
    this.#listener = listener;
    this.#startThread = start;
  }

  get serving(): boolean {
    return this.#threads.some(({ serving }) => serving);
  }

  get down(): boolean {
    return this.#threads.length > 0 && this.#threads.every(({ down }) => down);
  }

  get numServing(): number {
    return this.#threads.filter(({ serving }) => serving).length;
  }

  get numStuck(): number {
    return this.#threads.filter(({ stuck }) => stuck).length;
  }

  get inFlight(): number {
    return this.#threads.reduce((sum, thread) => sum + thread.inFlight, 0);
  }

  /**
   * Starts the first thread, which picks the provider, and on the CPU the others after it.
   *
   * @returns the provider that serves
   * @throws Error where the models cannot be loaded.
   */
  async start(): Promise<ExecutionProvider> {
    const { provider } = await this.#add(this.#options, this.#models);
    // Two WebGPU sessions in one process crash it, and two of CUDA share one device anyway.
    if (provider === 'cpu') await this.#addOthers(this.#models);
    return provider;
  }

  claim(fullBatch: boolean): BatchSlot<J> | undefined {
    const idle = this.#threads.filter(({ serving, busy }) => serving && !busy);
    idle.sort((a, b) => Number(a.loading) - Number(b.loading));
    for (const thread of fullBatch ? [...idle, ...this.#threads] : idle) {
      const slot = thread.claim();
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  checkProgress(limitMs: number): void {
    for (const thread of this.#threads) thread.checkProgress(limitMs);
  }

  /** Loads one more model in every thread, one thread after the other, so that the others decode meanwhile. */
  async load(model: WorkerModel): Promise<void> {
    const up = this.#threads.filter(({ down }) => !down);
    if (up.length === 0) throw new CsiError('model-state', 'no decode worker is left');
    if (this.numStuck > 0) {
      throw new CsiError('model-state', 'a batch is stuck in a decode worker; load again once it is ready');
    }
    const loaded: DecodeThread<J>[] = [];
    try {
      for (const thread of up) {
        await thread.load(model);
        loaded.push(thread);
      }
    } catch (error) {
      await Promise.all(loaded.map((thread) => thread.unload(model.key)));
      throw error;
    }
  }

  async unload(key: string): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.unload(key)));
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close(timeoutMs)));
  }

  /** The threads beside the first that there are on the CPU. */
  async #addOthers(models: readonly WorkerModel[]): Promise<void> {
    const options = { ...this.#options, executionProviders: ['cpu'] as const };
    await Promise.all(Array.from({ length: options.decodeWorkers - 1 }, () => this.#add(options, models)));
  }

  #add(options: DecodeThreadOptions, models: readonly WorkerModel[]) {
    const listener: BatchListener<J, BatchSlot<J>> = {
      decoded: (slot, decodeMs, codewordDrift) => this.#listener.decoded(slot, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.#listener.lost(jobs, reason),
      changed: (event) => this.#changed(thread, event),
    };
    const thread: DecodeThread<J> = new DecodeThread(options, models, listener, this.#startThread);
    this.#threads.push(thread);
    return thread.start();
  }

  #changed(thread: DecodeThread<J>, event: DecoderEvent): void {
    this.#listener.changed(event);
    if (event.kind !== 'fell-back') return;
    this.#addOthers(thread.models).catch((error: Error) => this.#listener.changed({ kind: 'gave-up', error }));
  }
}
