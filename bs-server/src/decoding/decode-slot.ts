import { BatchBuffers, type BatchLayout } from './batch-buffers.ts';

/**
 * Room for one batch of one worker. Whoever claims it fills its buffers and dispatches it; it comes back with the
 * estimates in the same buffers, and is free again once it is released.
 */
export class DecodeSlot<J> {
  readonly buffers: BatchBuffers;
  readonly #send: (model: number, count: number) => void;
  #state: 'free' | 'claimed' | 'decoding' = 'free';
  #jobs: readonly J[] = [];

  /** @param send - tells the worker that `count` reports of a model lie in this slot */
  constructor(layout: BatchLayout, send: (model: number, count: number) => void) {
    this.buffers = new BatchBuffers(layout);
    this.#send = send;
  }

  get free(): boolean {
    return this.#state === 'free';
  }

  /** True while the worker has it. */
  get decoding(): boolean {
    return this.#state === 'decoding';
  }

  /** The jobs that were dispatched, by position in the batch. */
  get jobs(): readonly J[] {
    return this.#jobs;
  }

  claim(): void {
    this.#state = 'claimed';
  }

  dispatch(model: number, jobs: readonly J[]): void {
    this.#jobs = jobs;
    this.#state = 'decoding';
    this.#send(model, jobs.length);
  }

  /** The worker is done with it; it stays claimed until it is released. */
  finish(): void {
    this.#state = 'claimed';
  }

  release(): void {
    this.#jobs = [];
    this.#state = 'free';
  }
}
