import type { BatchRoom, JobStatus } from '../decode/batch-decoder.ts';
import type { DecodeJob } from '../queue/decode-job.ts';
import type { DecodeAnswer } from './decode-answer.ts';

export interface RemoteRoomPort {
  /** The room's batch is to be sent. */
  send(model: string): void;
  /** The room is free again. */
  released(): void;
}

/** Room for a batch that a worker elsewhere decodes. It keeps references: reports and uplinks do not change any more. */
export class RemoteRoom implements BatchRoom<DecodeJob> {
  readonly published = true;
  readonly #port: RemoteRoomPort;
  #jobs: readonly DecodeJob[] = [];
  #answer: DecodeAnswer | undefined;

  constructor(port: RemoteRoomPort) {
    this.#port = port;
  }

  get jobs(): readonly DecodeJob[] {
    return this.#jobs;
  }

  dispatch(model: string, jobs: readonly DecodeJob[]): void {
    this.#jobs = jobs;
    this.#port.send(model);
  }

  /** The batch is decoded. */
  answer(answer: DecodeAnswer): void {
    this.#answer = answer;
  }

  status(i: number): JobStatus {
    return this.#answer?.statuses[i] ?? 'estimate';
  }

  estimate(i: number, numEntries: number): Float32Array {
    return this.#answer?.estimates.subarray(2 * numEntries * i, 2 * numEntries * (i + 1)) ?? new Float32Array(0);
  }

  release(): void {
    this.#jobs = [];
    this.#answer = undefined;
    this.#port.released();
  }
}
