import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** Queue group of the decode workers: each batch goes to one of them. */
export const decodeQueue = 'decoders';

/** Where batches of a model version go, for any worker that has it: `csi.decode.<model>.<version>`. */
export function decodeSubject(model: string): string {
  const at = model.lastIndexOf('@');
  // A model for uplinks alone has no version that a UE must agree on.
  return at < 0
    ? `csi.decode.${token(model)}.uplink-only`
    : `csi.decode.${token(model.slice(0, at))}.${model.slice(at + 1)}`;
}

/** Where one worker can be reached by name. */
export function workerSubject(worker: string): string {
  return `csi.worker.${worker}`;
}

/** Where a worker says that it is there. */
export function beatSubject(worker: string): string {
  return `csi.beat.${worker}`;
}

export const allBeats = 'csi.beat.*';

/** Where answers to one request of a gateway go. */
export function answerSubject(gateway: string, request: number): string {
  return `csi.answer.${gateway}.${request}`;
}

/** The one subscription of a gateway for all its answers. */
export function answersOf(gateway: string): string {
  return `csi.answer.${gateway}.*`;
}

/** The request that a message to a gateway is about; NaN where it is about none. */
export function requestOf(subject: string): number {
  return Number(subject.slice(subject.lastIndexOf('.') + 1));
}

/** Where the estimates of a UE go: `csi.estimate.<cell>.<ue>`, each a Frame as subscribers get it. */
export function estimateSubject(cell: string, ueId: string): string {
  return `csi.estimate.${cell}.${token(ueId)}`;
}

/** An id as one token of a subject: a dot, which would part it in two, as %2E. */
function token(id: string): string {
  return id.replaceAll('.', '%2E');
}

/** A name for one process among all at a broker, good as a token of a subject. */
export function peerName(role: 'gateway' | 'worker'): string {
  const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
  return `${role}-${host}-${randomBytes(4).toString('hex')}`;
}
