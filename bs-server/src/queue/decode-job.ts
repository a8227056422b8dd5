import type { BatchRoom } from '../decode/batch-decoder.ts';
import type { AcceptedReport } from '../ingest/accepted-report.ts';
import type { Joined } from '../join/uplink-join.ts';
import type { ArrivedUplink } from '../join/uplink-ring.ts';

/** A report with its uplink, as it waits for the decoder. */
export type ReportJob = Joined<AcceptedReport>;

/** An uplink to be decoded alone, for want of a report. */
export interface UplinkOnlyJob {
  readonly ueId: string;
  /** Session of the UE. */
  readonly epoch: number;
  readonly uplink: ArrivedUplink;
  readonly quality: 'uplink-only';
  /** When its report was given up. */
  readonly queuedMs: number;
  /** When it is no longer worth a decoder's time. */
  readonly deadlineMs: number;
}

/** What a decoder may be given; a batch holds jobs of one kind and model. `quality` tells the kinds apart. */
export type DecodeJob = ReportJob | UplinkOnlyJob;

/** Writes jobs of one kind and model into a room for them. */
export function fillRoom(room: Pick<BatchRoom<DecodeJob>, 'write' | 'writeUplink'>, jobs: readonly DecodeJob[]): void {
  for (const [i, job] of jobs.entries()) {
    if (job.quality === 'uplink-only') room.writeUplink(i, job.uplink.sample.values);
    else room.write(i, job.report, job.uplink?.values);
  }
}
