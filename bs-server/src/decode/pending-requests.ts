import type { WorkerReply } from './worker-messages.ts';

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Requests to a worker that wait for its answer. */
export class PendingRequests {
  readonly #pending = new Map<number, Pending>();
  #last = 0;

  get size(): number {
    return this.#pending.size;
  }

  /** @param post - sends the request under the number it is answered by */
  ask(post: (request: number) => void): Promise<void> {
    const request = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#pending.set(request, { resolve, reject });
      post(request);
    });
  }

  answer(reply: Extract<WorkerReply, { kind: 'done' | 'refused' }>): void {
    const pending = this.#pending.get(reply.request);
    this.#pending.delete(reply.request);
    if (reply.kind === 'done') pending?.resolve();
    else pending?.reject(new Error(reply.message));
  }

  /** The worker is gone: nobody will answer any more. */
  failAll(error: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}
