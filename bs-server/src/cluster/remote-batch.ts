import type { CsiShape } from '@edge-csi/csi';
import type { BatchRoom, JobStatus, LossReason } from '../decode/batch-decoder.ts';
import type { DecodeJob } from '../queue/decode-job.ts';
import type { BatchRefusal, DecodeAnswer } from './decode-answer.ts';

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

/** One sending of a batch. */
export interface Attempt {
  /** Whom it was sent to, or, of the queue group, who has it; undefined while that is not known. */
  worker: string | undefined;
  /** Sends the batch to another worker where this one does not say in time that it has it. */
  timer?: NodeJS.Timeout;
}

/** First attempt and one more. */
export const maxAttempts = 2;

/** A batch that is with a worker, or on its way. */
export interface Pending {
  readonly id: number;
  readonly room: RemoteRoom;
  readonly model: string;
  /** The latest deadline of its jobs. */
  readonly untilMs: number;
  readonly wantsEstimates: boolean;
  /** Gives it up once it is too late. */
  readonly timer: NodeJS.Timeout;
  /** How often it was sent. */
  numSent: number;
  /** Of these, the ones that may still be answered, oldest first. */
  readonly attempts: Set<Attempt>;
}

/** The worker's word that it has a batch comes within this share of the time that is left, or it goes to another one. */
const takenShare = 1 / 4;
/** But not sooner: a worker that is busy elsewhere for a moment is not silent. */
const leastTakenMs = 20;

/** How long a worker's word is waited for that it has a batch which is sent now. */
export function takenWithinMs({ untilMs }: Pending, nowMs: number): number {
  return Math.max(leastTakenMs, (untilMs - nowMs) * takenShare);
}

/** The attempt that a worker speaks of; undefined where it has no say in it any more. */
export function attemptOf({ attempts }: Pending, worker: string): Attempt | undefined {
  const open = [...attempts];
  return open.find((attempt) => attempt.worker === worker) ?? open.find((attempt) => attempt.worker === undefined);
}

/** Why a batch comes back without a result, by what its worker said. */
export function lossOf(refusal: BatchRefusal): LossReason {
  return refusal === 'failed' ? 'decoder-error' : 'worker-refused';
}

/** Shape of a batch's CSI: it is of one model. */
export function shapeOf([first]: readonly DecodeJob[]): CsiShape {
  if (first === undefined) throw new RangeError('the batch is empty');
  return first.shape;
}

/** Whether an answer is of a batch's size. */
export function answers({ statuses, estimates }: DecodeAnswer, { room: { jobs }, wantsEstimates }: Pending): boolean {
  const { numAntennas, numDelays } = shapeOf(jobs);
  const numValues = wantsEstimates ? 2 * jobs.length * numAntennas * numDelays : 0;
  return statuses.length === jobs.length && estimates.length === numValues;
}

/** When the last of a batch's jobs is worth nothing any more. */
export function latestDeadlineMs(jobs: readonly DecodeJob[]): number {
  return Math.max(...jobs.map(({ deadlineMs }) => deadlineMs));
}
