import type { RowStatus } from '@edge-csi/csi';
import { BatchBuffers } from '../../../bs-server/src/decode/batch-buffers.ts';
import type {
  SlotMemory,
  StartThread,
  ThreadListener,
  ThreadRequest,
  ThreadSetup,
} from '../../../bs-server/src/decode/thread-port.ts';

/** A decode thread that does what a test says. */
export class FakeThread {
  readonly setup: ThreadSetup;
  readonly requests: ThreadRequest[] = [];
  readonly #listener: ThreadListener;
  abandoned = false;

  constructor(setup: ThreadSetup, listener: ThreadListener) {
    this.setup = setup;
    this.#listener = listener;
  }

  /** Requests to decode that are not answered yet, oldest first. */
  get decoding(): Extract<ThreadRequest, { kind: 'decode' }>[] {
    return this.requests.filter((request) => request.kind === 'decode');
  }

  /** Whether it has been asked to end. */
  get asked(): boolean {
    return this.requests.some(({ kind }) => kind === 'close');
  }

  ready(provider: 'cpu' | 'webgpu' = 'cpu'): void {
    this.#listener.replied({ kind: 'ready', provider, attempts: [{ provider, outcome: 'serves' }] });
  }

  /** Gives the first job of the oldest request to decode a status. */
  flag(status: RowStatus): void {
    const { layout, memory } = this.setup.slots[this.decoding[0]?.slot ?? 0] as SlotMemory;
    new BatchBuffers(layout, memory).setStatus(0, status);
  }

  /** Answers the oldest request to load or unload; with a message, refuses it. */
  settle(message?: string): void {
    const at = this.requests.findIndex(({ kind }) => kind === 'load' || kind === 'unload');
    const [asked] = this.requests.splice(at, 1);
    if (asked?.kind !== 'load' && asked?.kind !== 'unload') throw new Error('nothing to load or unload');
    const { request } = asked;
    this.#listener.replied(message === undefined ? { kind: 'done', request } : { kind: 'refused', request, message });
  }

  /** Answers the oldest request to decode. */
  answer(kind: 'decoded' | 'failed' = 'decoded', decodeMs = 3): void {
    const at = this.requests.findIndex((request) => request.kind === 'decode');
    const [request] = this.requests.splice(at, 1);
    if (request?.kind !== 'decode') throw new Error('nothing to decode');
    const { slot } = request;
    this.#listener.replied(
      kind === 'decoded' ? { kind, slot, decodeMs, codewordDrift: undefined } : { kind, slot, message: 'bad run' },
    );
  }

  exit(error?: Error): void {
    this.#listener.exited(error);
  }
}

/** A way to start fake threads, and those it has started. */
export function fakeThreads(): { readonly threads: FakeThread[]; readonly startThread: StartThread } {
  const threads: FakeThread[] = [];
  const startThread: StartThread = (setup, listener) => {
    const thread = new FakeThread(setup, listener);
    threads.push(thread);
    return {
      post: (request) => thread.requests.push(request),
      abandon: () => {
        thread.abandoned = true;
      },
    };
  };
  return { threads, startThread };
}
