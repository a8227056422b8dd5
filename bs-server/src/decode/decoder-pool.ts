import { CsiError } from '@edge-csi/csi';
import type { BatchDecoder, BatchListener } from './batch-decoder.ts';
import type { DecodeSlot } from './decode-slot.ts';
import type { ExecutionProvider } from './graph.ts';
import { PoolMember, type PoolMemberOptions, type WorkerEvent } from './pool-member.ts';
import type { WorkerModel } from './worker-messages.ts';

export interface DecoderPoolOptions extends PoolMemberOptions {
  /** Workers on the CPU; on a GPU there is one, whatever this says. */
  readonly numWorkers: number;
}

/** Decodes in this process: the decode workers, threads of it, and the batches that are with them. */
export class DecoderPool<J> implements BatchDecoder<J> {
  readonly #options: DecoderPoolOptions;
  readonly #listener: BatchListener<J, DecodeSlot<J>>;
  readonly #members: PoolMember<J>[] = [];

  constructor(options: DecoderPoolOptions, listener: BatchListener<J, DecodeSlot<J>>) {
    this.#options = options;
    this.#listener = listener;
  }

  get serving(): boolean {
    return this.#members.some((member) => member.serving);
  }

  get down(): boolean {
    return this.#members.length > 0 && this.#members.every((member) => member.down);
  }

  get numServing(): number {
    return this.#members.filter((member) => member.serving).length;
  }

  get numStuck(): number {
    return this.#members.filter((member) => member.stuck).length;
  }

  get inFlight(): number {
    return this.#members.reduce((sum, member) => sum + member.inFlight, 0);
  }

  /**
   * Starts the first worker, which picks the provider, and on the CPU the others after it.
   *
   * @returns the provider that serves
   * @throws Error where the models cannot be loaded.
   */
  async start(): Promise<ExecutionProvider> {
    const { setup } = this.#options;
    const { provider } = await this.#add(this.#options);
    // Two WebGPU sessions in one process crash it, and two of CUDA share one device anyway.
    if (provider === 'cpu') await this.#addOthers(setup.models);
    return provider;
  }

  claim(fullBatch: boolean): DecodeSlot<J> | undefined {
    const idle = this.#members.filter((member) => member.serving && !member.busy);
    idle.sort((a, b) => Number(a.loading) - Number(b.loading));
    for (const member of fullBatch ? [...idle, ...this.#members] : idle) {
      const slot = member.claim();
      if (slot !== undefined) return slot;
    }
    return undefined;
  }

  checkProgress(limitMs: number): void {
    for (const member of this.#members) member.checkProgress(limitMs);
  }

  /** Loads one more model in every worker, one worker after the other, so that the others decode meanwhile. */
  async load(model: WorkerModel): Promise<void> {
    const up = this.#members.filter((member) => !member.down);
    if (up.length === 0) throw new CsiError('model-state', 'no decode worker is left');
    if (this.numStuck > 0) {
      throw new CsiError('model-state', 'a batch is stuck in a decode worker; load again once it is ready');
    }
    const loaded: PoolMember<J>[] = [];
    try {
      for (const member of up) {
        await member.load(model);
        loaded.push(member);
      }
    } catch (error) {
      await Promise.all(loaded.map((member) => member.unload(model.key)));
      throw error;
    }
  }

  async unload(key: string): Promise<void> {
    await Promise.all(this.#members.map((member) => member.unload(key)));
  }

  async close(timeoutMs: number): Promise<void> {
    await Promise.all(this.#members.map((member) => member.close(timeoutMs)));
  }

  /** The workers beside the first that there are on the CPU. */
  async #addOthers(models: readonly WorkerModel[]): Promise<void> {
    const { numWorkers, setup } = this.#options;
    const options = { ...this.#options, setup: { ...setup, models, executionProviders: ['cpu'] as const } };
    await Promise.all(Array.from({ length: numWorkers - 1 }, () => this.#add(options)));
  }

  #add(options: PoolMemberOptions) {
    const member: PoolMember<J> = new PoolMember(options, {
      decoded: (slot, decodeMs, codewordDrift) => this.#listener.decoded(slot, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.#listener.lost(jobs, reason),
      changed: (event) => this.#changed(member, event),
    });
    this.#members.push(member);
    return member.start();
  }

  #changed(member: PoolMember<J>, event: WorkerEvent): void {
    this.#listener.changed(event);
    if (event.kind !== 'fell-back') return;
    this.#addOthers(member.models).catch((error: Error) => this.#listener.changed({ kind: 'gave-up', error }));
  }
}
