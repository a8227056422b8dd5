import type { BatchLayout } from './batch-layout.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { ExecutionProvider } from './graph.ts';
import type { ProviderAttempt } from './provider.ts';
import type { UplinkOnlyDecoderModel } from './uplink-only-decoder.ts';

/** A model a decode worker can load. */
export type WorkerModel = DecoderModel | UplinkOnlyDecoderModel;

/** Memory of one slot's batches, shared by both threads. */
export interface SlotMemory {
  readonly layout: BatchLayout;
  readonly memory: SharedArrayBuffer;
}

/** What a decode worker is started with. */
export interface WorkerSetup {
  readonly models: readonly WorkerModel[];
  readonly maxBatchSize: number;
  readonly slots: readonly SlotMemory[];
  readonly executionProviders: readonly ExecutionProvider[];
  readonly intraOpNumThreads: number;
}

/** To the worker, which serves requests in the order they come, but decodes batches between the steps of a load. */
export type WorkerRequest =
  /** The slot's memory is filled. `model` is a key. */
  | { readonly kind: 'decode'; readonly slot: number; readonly model: string; readonly count: number }
  /** From now on a slot has other memory. */
  | { readonly kind: 'slot'; readonly slot: number; readonly buffers: SlotMemory }
  /** Load and warm up a model; answered by `done` or `refused`. */
  | { readonly kind: 'load'; readonly request: number; readonly model: WorkerModel }
  /** Free a model's networks; answered by `done` or `refused`. */
  | { readonly kind: 'unload'; readonly request: number; readonly model: string }
  | { readonly kind: 'close' };

/** From the worker. After `decoded` and `failed` the slot is the server's again. */
export type WorkerReply =
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
