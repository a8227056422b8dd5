import type { AngularDelayCsi } from '@edge-csi/csi';
import { WireError } from '@edge-csi/proto';

/** A report on its way from the caller to the socket. */
export interface ReportJob<Sent> {
  readonly csi: AngularDelayCsi;
  readonly slot: number;
  readonly handedOverMs: number;
  readonly resolve: (sent: Sent) => void;
  readonly reject: (error: Error) => void;
}

/** Reports waiting to be encoded, oldest first. Over capacity the oldest gives way: stale CSI is worth least. */
export class ReportQueue<Sent> {
  readonly #jobs: ReportJob<Sent>[] = [];
  #capacity = 1;

  get length(): number {
    return this.#jobs.length;
  }

  set capacity(capacity: number) {
    this.#capacity = capacity;
    this.#supersede();
  }

  push(job: ReportJob<Sent>): void {
    this.#jobs.push(job);
    this.#supersede();
  }

  /** Puts a job back where it came from. */
  unshift(job: ReportJob<Sent>): void {
    this.#jobs.unshift(job);
    this.#supersede();
  }

  shift(): ReportJob<Sent> | undefined {
    return this.#jobs.shift();
  }

  rejectAll(error: Error): void {
    for (const job of this.#jobs.splice(0)) job.reject(error);
  }

  #supersede(): void {
    while (this.#jobs.length > this.#capacity) {
      const job = this.#jobs.shift();
      job?.reject(new WireError('superseded', `slot ${job.slot}: a newer report took its place before it was sent`));
    }
  }
}
