import { Worker } from 'node:worker_threads';
import type { CodecSpec, UplinkOnlySpec } from '@edge-csi/csi';
import type { BatchLayout, BatchSizes } from './batch-layout.ts';
import type { ExecutionProvider } from './graph.ts';
import type { ProviderAttempt } from './provider.ts';

/** What a decode worker needs of a model. Plain data: it crosses to another thread. */
export interface WorkerModel {
  /** What requests name it by: its version name, or the id of an uplink-only model. */
  readonly key: string;
  readonly sizes: BatchSizes;
  readonly codec: CodecSpec | UplinkOnlySpec;
  /** ONNX by network. */
  readonly networks: Readonly<Record<string, Uint8Array>>;
}

/** Memory of one slot's batches, shared by both threads. */
export interface SlotMemory {
  readonly layout: BatchLayout;
  readonly memory: SharedArrayBuffer;
}

/** What a decode thread is started with. */
export interface ThreadSetup {
  readonly models: readonly WorkerModel[];
  readonly maxBatchSize: number;
  readonly slots: readonly SlotMemory[];
  readonly executionProviders: readonly ExecutionProvider[];
  readonly intraOpNumThreads: number;
}

/** To the thread, which serves requests in the order they come, but decodes batches between the steps of a load. */
export type ThreadRequest =
  /** The slot's memory is filled. `model` is a key. */
  | { readonly kind: 'decode'; readonly slot: number; readonly model: string; readonly count: number }
  /** From now on a slot has other memory. */
  | { readonly kind: 'slot'; readonly slot: number; readonly buffers: SlotMemory }
  /** Load and warm up a model; answered by `done` or `refused`. */
  | { readonly kind: 'load'; readonly request: number; readonly model: WorkerModel }
  /** Free a model's networks; answered by `done` or `refused`. */
  | { readonly kind: 'unload'; readonly request: number; readonly model: string }
  | { readonly kind: 'close' };

/** From the thread. After `decoded` and `failed` the slot is the server's again. */
export type ThreadReply =
  | { readonly kind: 'ready'; readonly provider: ExecutionProvider; readonly attempts: readonly ProviderAttempt[] }
  | {
      readonly kind: 'decoded';
      readonly slot: number;
      readonly decodeMs: number;
      /** Of the batch's model, in nats, where it can be told. */
      readonly codewordDrift: number | undefined;
    }
  | { readonly kind: 'failed'; readonly slot: number; readonly message: string }
  | { readonly kind: 'done'; readonly request: number }
  | { readonly kind: 'refused'; readonly request: number; readonly message: string };

/** The server's end of a running decode thread. */
export interface ThreadPort {
  post(request: ThreadRequest): void;
  /**
   * Stops listening to the thread and lets the process end without it. A thread is never terminated: that aborts the
   * whole process where the thread is inside onnxruntime.
   */
  abandon(): void;
}

/** Where a thread's news go. `exited` comes once and last, unless the thread is abandoned; its error is absent after a clean end. */
export interface ThreadListener {
  replied(reply: ThreadReply): void;
  exited(error: Error | undefined): void;
}

export type StartThread = (setup: ThreadSetup, listener: ThreadListener) => ThreadPort;

/** Starts a decode thread. Works from the built package only: worker threads cannot load TypeScript. */
export const startThread: StartThread = (setup, listener) => {
  // The parent's flags (loaders, conditions) are for the parent's sources.
  const worker = new Worker(new URL('./thread.js', import.meta.url), {
    name: 'edge-csi-decoder',
    workerData: setup,
    execArgv: [],
  });
  let failure: Error | undefined;
  worker.on('message', (reply: ThreadReply) => listener.replied(reply));
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
