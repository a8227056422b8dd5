import { CsiError } from '@edge-csi/csi';
import type { JobStatus } from '../decode/batch-decoder.ts';

// The layout is described in docs/scale-out.md; little endian throughout.
const layoutVersion = 1;
const headerBytes = 16;

/** In the order of their numbers on the wire. */
const kinds = ['taken', 'answer', 'refused'] as const;
const statuses = ['decoded', 'codeword', 'phase', 'estimate', 'late'] as const satisfies readonly JobStatus[];
const refusals = ['draining', 'busy', 'not-serving', 'failed', 'unknown-model', 'invalid'] as const;

/** Why a worker does not decode a batch; another one may. */
export type BatchRefusal = (typeof refusals)[number];

/** What a worker has to say about a request. */
export type WorkerMessage =
  /** It has the request, and will answer. */
  | { readonly kind: 'taken'; readonly worker: string }
  | { readonly kind: 'refused'; readonly worker: string; readonly refusal: BatchRefusal }
  | { readonly kind: 'answer'; readonly answer: DecodeAnswer };

/** A decoded request. */
export interface DecodeAnswer {
  /** By position of the job. */
  readonly statuses: readonly JobStatus[];
  readonly decodeMs: number;
  readonly codewordDrift: number | undefined;
  /** Planar `[count][2][numEntries]`; zeros for a job that is not decoded. Empty where none were asked for. */
  readonly estimates: Float32Array;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function writeTaken(worker: string): Uint8Array {
  return Uint8Array.of(layoutVersion, kinds.indexOf('taken'), ...encoder.encode(worker));
}

export function writeRefused(worker: string, refusal: BatchRefusal): Uint8Array {
  return Uint8Array.of(layoutVersion, kinds.indexOf('refused'), refusals.indexOf(refusal), ...encoder.encode(worker));
}

/** An answer that is filled in as its jobs are decoded. */
export class AnswerWriter {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #estimatesAt: number;
  readonly #estimateBytes: number;
  #decodeMs = 0;

  /** @param numEntries - 0 for an answer without estimates */
  constructor(count: number, numEntries: number) {
    this.#estimateBytes = 8 * numEntries;
    this.#estimatesAt = estimatesAt(count);
    this.#bytes = new Uint8Array(this.#estimatesAt + count * this.#estimateBytes);
    this.#view = new DataView(this.#bytes.buffer);
    this.#view.setUint8(0, layoutVersion);
    this.#view.setUint8(1, kinds.indexOf('answer'));
    this.#view.setUint16(2, count, true);
    this.#view.setUint32(4, numEntries, true);
    this.#view.setFloat32(12, Number.NaN, true);
  }

  /** Job `i` is done; `estimate`, planar `[2][numEntries]`, goes with `decoded`. */
  settle(i: number, status: JobStatus, estimate?: Float32Array): void {
    this.#bytes[headerBytes + i] = statuses.indexOf(status);
    if (estimate === undefined || this.#estimateBytes === 0) return;
    const bytes = new Uint8Array(estimate.buffer, estimate.byteOffset, estimate.byteLength);
    this.#bytes.set(bytes, this.#estimatesAt + i * this.#estimateBytes);
  }

  /** A batch with some of the jobs is done. */
  batchDone(decodeMs: number, codewordDrift: number | undefined): void {
    this.#decodeMs += decodeMs;
    this.#view.setFloat32(8, this.#decodeMs, true);
    if (codewordDrift !== undefined) this.#view.setFloat32(12, codewordDrift, true);
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }
}

/**
 * Reads what a worker says.
 *
 * @throws CsiError `payload-invalid`, saying what does not fit.
 */
export function readWorkerMessage(bytes: Uint8Array): WorkerMessage {
  const [version, kind = -1] = bytes;
  if (version !== layoutVersion) throw invalid(`layout ${version}, expected ${layoutVersion}`);
  if (kinds[kind] === 'taken') return { kind: 'taken', worker: decoder.decode(bytes.subarray(2)) };
  if (kinds[kind] === 'answer') return { kind: 'answer', answer: readAnswer(bytes) };
  const refusal = refusals[bytes[2] ?? -1];
  if (kinds[kind] !== 'refused' || refusal === undefined) throw invalid(`kind ${kind}`);
  return { kind: 'refused', worker: decoder.decode(bytes.subarray(3)), refusal };
}

function readAnswer(bytes: Uint8Array): DecodeAnswer {
  if (bytes.length < headerBytes) throw invalid(`${bytes.length} bytes are no header`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = view.getUint16(2, true);
  const numEntries = view.getUint32(4, true);
  const at = estimatesAt(count);
  const length = 8 * count * numEntries;
  if (bytes.length !== at + length) throw invalid(`${count} jobs of ${numEntries} entries in ${bytes.length} bytes`);
  const drift = view.getFloat32(12, true);
  return {
    statuses: Array.from({ length: count }, (_, i) => statuses[bytes[headerBytes + i] as number] ?? 'estimate'),
    decodeMs: view.getFloat32(8, true),
    codewordDrift: Number.isNaN(drift) ? undefined : drift,
    estimates: floats(bytes.subarray(at)),
  };
}

/** A view where the bytes lie on a float's boundary, else a copy. */
function floats(bytes: Uint8Array): Float32Array {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  return new Float32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 4);
}

function estimatesAt(count: number): number {
  return headerBytes + Math.ceil(count / 4) * 4;
}

function invalid(problem: string): CsiError {
  return new CsiError('payload-invalid', `answer of a worker: ${problem}`);
}
