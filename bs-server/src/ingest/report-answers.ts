import { encodeFrame, type ReportOutcome } from '@edge-csi/proto';
import type { Connection } from '../net/connection.ts';

/** Outcomes noted before they are sent unasked: a UE that floods is told of its superseded reports in pieces. */
const maxPending = 64;

/** Answers to the reports of one UE: noted one by one, sent together. */
export class ReportAnswers {
  readonly #connection: Connection;
  #seqs: number[] = [];
  #outcomes: ReportOutcome[] = [];

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Notes what became of a report. */
  note(seq: number, outcome: ReportOutcome): void {
    this.#seqs.push(seq);
    this.#outcomes.push(outcome);
    if (this.#seqs.length >= maxPending) this.flush();
  }

  /** Notes that a report is refused, and says why at once. */
  refuse(seq: number, message: string): void {
    this.#connection.reject({ code: 'report-invalid', message, closeCode: undefined, retryable: false, seq });
    this.note(seq, 'invalid');
  }

  /** Sends one ReportAck with every outcome noted since the last. */
  flush(): void {
    if (this.#seqs.length === 0) return;
    const ack = { seqs: this.#seqs, outcomes: this.#outcomes };
    this.#seqs = [];
    this.#outcomes = [];
    this.#connection.send(encodeFrame('ack', ack));
  }
}
