import type { ChannelPaths, CsiShape, RowStatus } from '@edge-csi/csi';
import type { EstimateQuality, ReportOutcome } from '@edge-csi/proto';
import type { Decodable, LossReason } from '../decode/batch-decoder.ts';

/** Why the way of an accepted report ended. A closed list, so that it can label a metric. */
export type SettleReason =
  | 'estimate-published'
  | 'newer-report'
  | 'draining'
  | 'queue-full'
  | 'no-decoder'
  | LossReason
  | Exclude<RowStatus, 'decoded'>;

/** Whoever sent a report and is told what became of it. */
export interface ReportOrigin {
  /** Notes the outcome of one report. Each report is settled once. */
  settle(seq: number, outcome: ReportOutcome, reason: SettleReason): void;
  /** Sends what has been noted. */
  flush(): void;
}

/** Uplink CSI of one UE and slot. `values` is planar `[2][numAntennas][numDelays]`, finite, and not changed any more. */
export interface UplinkSample extends CsiShape {
  readonly slot: number;
  readonly values: Float32Array;
}

/** An uplink sample with the time it arrived. */
export interface ArrivedUplink extends UplinkSample {
  readonly arrivedMs: number;
}

/**
 * What waits for a decoder: a report with its uplink, or, for want of a report, an uplink to be decoded alone. A job
 * without a report has nobody to be told of it, and is done only while no report waits.
 */
export interface DecodeJob extends Decodable {
  readonly ueId: string;
  /** Session of the UE. */
  readonly epoch: number;
  /** 0 without a report. */
  readonly seq: number;
  readonly slot: number;
  /** What decodes it: the name of a model version, or the id of a model for uplinks alone. */
  readonly model: string;
  readonly modelId: string;
  readonly shape: CsiShape;
  readonly uplink: ArrivedUplink | undefined;
  readonly quality: Extract<EstimateQuality, 'fresh' | 'stale-uplink' | 'no-uplink' | 'uplink-only'>;
  readonly payloadBits: number;
  /** Arrival of the report, or without one of its uplink, on the server's clock. */
  readonly receivedMs: number;
  /** Age of the CSI at that time: what the UE took to process it. */
  readonly arrivalAgeMs: number;
  /** Since when it, or what it stands in for, waits for a decoder. */
  readonly queuedMs: number;
  /** When it is no longer worth a decoder's time. */
  readonly deadlineMs: number;
  /** Reads the paths of its record once that has been decoded; absent where it is not made of any. */
  readonly readPaths?: (() => ChannelPaths) | undefined;
  /** The session its report came by, which answers for it. */
  readonly origin: ReportOrigin | undefined;
}

/** The job of decoding an uplink alone, which a report was given up for at `queuedMs`. */
export function uplinkOnlyJob(
  ueId: string,
  epoch: number,
  modelId: string,
  uplink: ArrivedUplink,
  queuedMs: number,
  deadlineMs: number,
): DecodeJob {
  return {
    ueId,
    epoch,
    seq: 0,
    slot: uplink.slot,
    model: modelId,
    modelId,
    shape: uplink,
    record: new Uint8Array(),
    uplink,
    quality: 'uplink-only',
    payloadBits: 0,
    receivedMs: uplink.arrivedMs,
    arrivalAgeMs: 0,
    queuedMs,
    deadlineMs,
    origin: undefined,
  };
}
