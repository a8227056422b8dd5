import { Worker } from 'node:worker_threads';
import type { WorkerReply, WorkerRequest, WorkerSetup } from './worker-messages.ts';

/** A running decode worker, as the pool sees it. */
export interface DecodeWorker {
  post(request: WorkerRequest): void;
  /**
   * Stops listening to the worker and lets the process end without it. A thread is never terminated: that aborts the
   * whole process where the thread is inside onnxruntime.
   */
  abandon(): void;
}

/** Where a worker's news go. `exited` comes once and last, unless the worker is abandoned; its error is absent after a clean end. */
export interface WorkerListener {
  replied(reply: WorkerReply): void;
  exited(error: Error | undefined): void;
}

export type StartWorker = (setup: WorkerSetup, listener: WorkerListener) => DecodeWorker;

/** Starts a decode worker on a thread of its own. Works from the built package only: workers cannot load TypeScript. */
export const startWorkerThread: StartWorker = (setup, listener) => {
  // The parent's flags (loaders, conditions) are for the parent's sources.
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    name: 'edge-csi-decoder',
    workerData: setup,
    execArgv: [],
  });
  let failure: Error | undefined;
  worker.on('message', (reply: WorkerReply) => listener.replied(reply));
  worker.on('error', (error) => {
    failure = error instanceof Error ? error : new Error(String(error));
  });
  worker.on('exit', (exitCode) => {
    listener.exited(failure ?? (exitCode === 0 ? undefined : new Error(`decode worker ended with code ${exitCode}`)));
  });
  return {
    post: (request) => worker.postMessage(request),
    abandon: () => {
      worker.removeAllListeners('message').removeAllListeners('exit').unref();
    },
  };
};
