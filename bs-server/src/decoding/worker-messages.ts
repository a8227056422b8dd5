import type { BatchLayout } from './batch-buffers.ts';
import type { DecoderModel } from './decoder-model.ts';
import type { ExecutionProvider } from './graph.ts';
import type { ProviderAttempt } from './provider.ts';
import type { UplinkOnlyDecoderModel } from './uplink-only-decoder.ts';

/** What a decode worker is started with. */
export interface WorkerSetup {
  /** By the position that a request names. */
  readonly models: readonly (DecoderModel | UplinkOnlyDecoderModel)[];
  readonly layout: BatchLayout;
  /** Memory of the batches, by slot. */
  readonly slots: readonly SharedArrayBuffer[];
  readonly executionProviders: readonly ExecutionProvider[];
  readonly intraOpNumThreads: number;
}

/** To the worker: a batch to decode, its slot's memory filled, or the request to end. */
export type WorkerRequest =
  | { readonly kind: 'decode'; readonly slot: number; readonly model: number; readonly count: number }
  | { readonly kind: 'close' };

/** From the worker. After `decoded` and `failed` the slot is the server's again. */
export type WorkerReply =
  | { readonly kind: 'ready'; readonly provider: ExecutionProvider; readonly attempts: readonly ProviderAttempt[] }
  | { readonly kind: 'decoded'; readonly slot: number; readonly decodeMs: number }
  | { readonly kind: 'failed'; readonly slot: number; readonly message: string };
