import { type ChannelEstimate, csiMatrixOf } from '@edge-csi/proto';
import type { DecodedReport } from '../report-pipeline.ts';

/** The message subscribers get of a decoded report. Copies the values. */
export function channelEstimateOf({ job, values, queueMs, decodeMs }: DecodedReport, nowMs: number): ChannelEstimate {
  const { report, quality } = job;
  const { ueId, epoch, seq, slot, modelId, shape, receivedMs, payloadBits, processingUs } = report;
  const csi = csiMatrixOf({ ...shape, values });
  const ageMs = processingUs / 1000 + nowMs - receivedMs;
  return { ueId, epoch, seq, slot, modelId, csi, quality, ageMs, queueMs, decodeMs, receivedMs, payloadBits };
}
