import type { RowStatus } from '@edge-csi/csi';
import type { UplinkValues } from './batch-buffers.ts';
import type { ExecutionProvider } from './graph.ts';
import type { ThreadReply, WorkerModel } from './thread-port.ts';

/** What became of one job of a decoded batch. `late`: its deadline had passed when its decoding was to begin. */
export type JobStatus = RowStatus | 'late';

/** Why a batch has no result. */
export type LossReason =
  | 'worker-crash'
  | 'decoder-error'
  /** No worker decodes the model. */
  | 'no-responders'
  /** A worker that had it has fallen silent. */
  | 'worker-silent'
  | 'worker-refused'
  | 'broker-lost'
  /** The broker does not take messages as large as the batch. */
  | 'broker-refused'
  | 'deadline-passed';

/** What a decoder takes of a job. */
export interface Decodable {
  /** What the codec made of the report; empty where the uplink is decoded alone. */
  readonly record: Uint8Array;
  /** Planar `[2][numEntries]`; without one the decoder gets zeros. */
  readonly uplink: { readonly values: UplinkValues } | undefined;
}

/**
 * Room for one batch. Whoever claims it dispatches jobs in it; the listener gets it back with the estimates and releases
 * it. A room that is claimed and not needed is released at once.
 */
export interface BatchRoom<J> {
  /** The jobs that were dispatched, by position in the batch. */
  readonly jobs: readonly J[];
  /** True where whoever decodes has published the estimates himself, to those who listen at the broker. */
  readonly published: boolean;
  /**
   * Has jobs decoded.
   *
   * @param model - key of the model that decodes all of them
   * @throws RangeError where one is larger than the models' reports are.
   */
  dispatch(model: string, jobs: readonly J[]): void;
  /** What became of job `i`. */
  status(i: number): JobStatus;
  /** The estimate of job `i`, planar `[2][numEntries]`: a view until the room is released. */
  estimate(i: number, numEntries: number): Float32Array;
  release(): void;
}

/** News of the decoders, for the log and the health report. */
export type DecoderEvent =
  | { readonly kind: 'serving'; readonly ready: Extract<ThreadReply, { kind: 'ready' }> }
  | { readonly kind: 'batch-failed'; readonly message: string }
  /** A batch takes longer than any should; and the news that it has come to an end after all. */
  | { readonly kind: 'stuck'; readonly forMs: number }
  | { readonly kind: 'recovered' }
  | { readonly kind: 'restarting'; readonly error: Error }
  /** A GPU failed; the thread goes on without it. */
  | { readonly kind: 'fell-back'; readonly from: ExecutionProvider; readonly error: Error }
  | { readonly kind: 'gave-up'; readonly error: Error }
  /** Decoders elsewhere have come or gone; so many of them take batches now. */
  | { readonly kind: 'group-changed'; readonly decoders: number }
  | { readonly kind: 'broker-lost' }
  | { readonly kind: 'broker-found' }
  | { readonly kind: 'broker-trouble'; readonly message: string };

/** Where batches come back to. Each that was dispatched comes back once. */
export interface BatchListener<J, R = BatchRoom<J>> {
  /** A batch is done. The room is the listener's until it releases it. */
  decoded(room: R, decodeMs: number, codewordDrift: number | undefined): void;
  /** A batch has no result. Its room is free again. */
  lost(jobs: readonly J[], reason: LossReason): void;
  changed(event: DecoderEvent): void;
}

/** Decodes batches, wherever that is done: the seam between joining and batching reports and decoding them. */
export interface BatchDecoder<J> {
  /** True while batches are taken. */
  readonly serving: boolean;
  /** True once no batch will ever be taken again. */
  readonly down: boolean;
  /** Jobs in rooms. */
  readonly inFlight: number;
  /** Decoders that take batches. */
  readonly numServing: number;
  /** Decoders with a batch that takes longer than any should. */
  readonly numStuck: number;
  /**
   * Makes it ready.
   *
   * @returns the execution provider that serves; undefined where only others decode
   * @throws Error where it cannot decode.
   */
  start(): Promise<ExecutionProvider | undefined>;
  /**
   * Claims room for a batch: of an idle decoder, or, for a full batch, of one that is still busy with another, so that
   * it goes on without a pause. A batch that could still grow waits for a decoder to become idle.
   *
   * @param model - key of the model the batch is for
   */
  claim(fullBatch: boolean, model: string): BatchRoom<J> | undefined;
  /** Takes note of batches that have been with a decoder for longer than `limitMs`. */
  checkProgress(limitMs: number): void;
  /**
   * Makes one more model decodable.
   *
   * @throws CsiError `model-state` where the decoders are not in a state to.
   * @throws Error where one of them cannot; none has it then.
   */
  load(model: WorkerModel): Promise<void>;
  /** Frees a model. No batch of it may be under way. */
  unload(key: string): Promise<void>;
  /** Lets batches under way end and stops; what takes longer than `timeoutMs` is left to itself. */
  close(timeoutMs: number): Promise<void>;
}
