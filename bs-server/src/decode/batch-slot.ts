import type { RowStatus } from '@edge-csi/csi';
import { BatchBuffers } from './batch-buffers.ts';
import type { BatchRoom, Decodable } from './batch-decoder.ts';
import { type BatchLayout, sameLayout } from './batch-layout.ts';

/** What a slot tells its thread. */
export interface SlotPort {
  /** `count` reports of a model, by its key, lie in the slot. */
  decode(model: string, count: number): void;
  /** The slot has other memory from now on. */
  move(buffers: BatchBuffers): void;
}

/**
 * Room for one batch of one decode thread. Whoever claims it dispatches jobs in it; it comes back with the
 * estimates in the same buffers, and is free again once it is released.
 */
export class BatchSlot<J extends Decodable> implements BatchRoom<J> {
  readonly published = false;
  readonly #port: SlotPort;
  #buffers: BatchBuffers;
  #state: 'free' | 'claimed' | 'decoding' = 'free';
  #jobs: readonly J[] = [];

  constructor(layout: BatchLayout, port: SlotPort) {
    this.#buffers = new BatchBuffers(layout);
    this.#port = port;
  }

  get buffers(): BatchBuffers {
    return this.#buffers;
  }

  get free(): boolean {
    return this.#state === 'free';
  }

  /** True while the thread has it. */
  get decoding(): boolean {
    return this.#state === 'decoding';
  }

  /** The jobs that were dispatched, by position in the batch. */
  get jobs(): readonly J[] {
    return this.#jobs;
  }

  /** @param layout - what it must hold: where that has changed with the models, it gets new memory first */
  claim(layout: BatchLayout): void {
    this.#state = 'claimed';
    if (sameLayout(layout, this.#buffers.layout)) return;
    this.#buffers = new BatchBuffers(layout);
    this.#port.move(this.#buffers);
  }

  status(i: number): RowStatus {
    return this.#buffers.status(i);
  }

  estimate(i: number, numEntries: number): Float32Array {
    return this.#buffers.estimate(i, numEntries);
  }

  dispatch(model: string, jobs: readonly J[]): void {
    for (const [i, { record, uplink }] of jobs.entries()) this.#buffers.write(i, record, uplink?.values);
    this.#jobs = jobs;
    this.#state = 'decoding';
    this.#port.decode(model, jobs.length);
  }

  /** The thread is done with it; it stays claimed until it is released. */
  takeBack(): void {
    this.#state = 'claimed';
  }

  release(): void {
    this.#jobs = [];
    this.#state = 'free';
  }
}
