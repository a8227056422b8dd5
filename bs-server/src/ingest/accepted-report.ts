import type { CsiShape } from '@edge-csi/csi';
import type { ReportOutcome } from '@edge-csi/proto';
import type { ReportStatus } from '../decode/batch-buffers.ts';
import type { LossReason } from '../decode/batch-decoder.ts';
import type { ReportFault } from './report-gate.ts';

/** Why a report met its outcome. A closed list, so that it can label a metric. */
export type SettleReason =
  | 'estimate-published'
  | 'newer-report'
  | 'draining'
  | 'queue-full'
  | 'no-decoder'
  | LossReason
  | 'rate-limited'
  | ReportFault
  | Exclude<ReportStatus, 'decoded'>;

/** A report that fits its session and model, on its way to the decoder. */
export interface AcceptedReport {
  readonly ueId: string;
  readonly epoch: number;
  readonly seq: number;
  readonly slot: number;
  /** Name of the model version it is coded with. */
  readonly version: string;
  readonly modelId: string;
  readonly shape: CsiShape;
  /** Report period that it was made under. */
  readonly periodSlots: number;
  readonly codeword: Uint8Array;
  readonly truncation: number;
  readonly theta: number;
  /** Packed phase codes, or signs. */
  readonly phase: Uint8Array;
  readonly phaseBits: number;
  readonly scaleLevel: number;
  readonly payloadBits: number;
  /** The UE's own processing time. */
  readonly processingUs: number;
  /** Arrival, on the server's clock. */
  readonly receivedMs: number;
  readonly deadlineMs: number;
  /** The session it came by, which answers for it. */
  readonly origin: ReportOrigin;
}

/** Whoever sent a report and is told what became of it. */
export interface ReportOrigin {
  /** Notes the outcome of one report. Each report is settled once. */
  settle(seq: number, outcome: ReportOutcome, reason: SettleReason): void;
  /** Sends what has been noted. */
  flush(): void;
}
