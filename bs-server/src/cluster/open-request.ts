import type { CsiShape } from '@edge-csi/csi';
import type { ChannelEstimate } from '@edge-csi/proto';
import type { JobStatus } from '../decode/batch-decoder.ts';
import { channelEstimateOf } from '../publish/estimate-outlet.ts';
import { AnswerWriter } from './decode-answer.ts';
import type { ReadRequest, RequestedJob } from './decode-request.ts';

/** A request that a worker has taken and not answered. */
export class OpenRequest {
  readonly model: string;
  readonly cell: string;
  readonly shape: CsiShape;
  /** Subject of the answer. */
  readonly reply: string;
  /** When it came, on the worker's clock. */
  readonly receivedMs: number;
  readonly answer: AnswerWriter;
  #left: number;
  #refused = false;

  constructor({ model, cell, shape, wantsEstimates, jobs }: ReadRequest, reply: string, receivedMs: number) {
    this.model = model;
    this.cell = cell;
    this.shape = shape;
    this.reply = reply;
    this.receivedMs = receivedMs;
    this.answer = new AnswerWriter(jobs.length, wantsEstimates ? this.numEntries : 0);
    this.#left = jobs.length;
  }

  /** Id of the model, without its version. */
  get modelId(): string {
    const at = this.model.lastIndexOf('@');
    return at < 0 ? this.model : this.model.slice(0, at);
  }

  get numEntries(): number {
    return this.shape.numAntennas * this.shape.numDelays;
  }

  /** True once it is refused: what else comes of its jobs concerns nobody. */
  get refused(): boolean {
    return this.#refused;
  }

  /** True once every job is settled. */
  get complete(): boolean {
    return this.#left === 0;
  }

  settle(i: number, status: JobStatus, estimate?: Float32Array): void {
    this.answer.settle(i, status, estimate);
    this.#left--;
  }

  /** @returns jobs that were not settled; 0 where it was refused before */
  refuse(): number {
    const left = this.#refused ? 0 : this.#left;
    this.#refused = true;
    return left;
  }
}

/** One job of a request, as it waits for a decoder. */
export interface WorkerJob extends RequestedJob {
  readonly request: OpenRequest;
  /** Position in the request. */
  readonly index: number;
  /** On the worker's clock. */
  readonly deadlineMs: number;
}

/** The message of a decoded job. Its age leaves out what the broker took; its times are on the worker's clock. */
export function workerEstimateOf(
  job: WorkerJob,
  values: Float32Array,
  nowMs: number,
  decodeMs: number,
): ChannelEstimate {
  const { receivedMs, shape, modelId } = job.request;
  const queueMs = Math.max(0, nowMs - decodeMs - receivedMs);
  const times = { receivedMs, arrivalAgeMs: job.ageMs, queueMs, decodeMs };
  return channelEstimateOf({ ...job, ...times, modelId, shape, values }, nowMs);
}
