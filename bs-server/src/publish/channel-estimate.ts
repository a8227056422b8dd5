import { endianness } from 'node:os';
import type { CsiShape } from '@edge-csi/csi';
import { type ChannelEstimate, type CsiMatrix, csiMatrixOf } from '@edge-csi/proto';
import type { DecodedReport } from '../queue/report-pipeline.ts';
import type { DecodedUplink } from '../queue/uplink-only-stage.ts';

const littleEndian = endianness() === 'LE';

/** The message subscribers get of a decoded report. Its matrix may be a view of the report's values. */
export function channelEstimateOf({ job, values, queueMs, decodeMs }: DecodedReport, nowMs: number): ChannelEstimate {
  const { report, quality } = job;
  const { ueId, epoch, seq, slot, modelId, shape, receivedMs, payloadBits, processingUs } = report;
  const csi = float32Matrix(shape, values);
  const ageMs = processingUs / 1000 + nowMs - receivedMs;
  return { ueId, epoch, seq, slot, modelId, csi, quality, ageMs, queueMs, decodeMs, receivedMs, payloadBits };
}

/**
 * The message subscribers get of an uplink decoded alone: times count from the uplink's arrival, and no report stands
 * behind it.
 */
export function uplinkOnlyEstimateOf(decoded: DecodedUplink, nowMs: number): ChannelEstimate {
  const { job, modelId, values, queueMs, decodeMs } = decoded;
  const { ueId, epoch, quality, uplink } = job;
  const { sample, arrivedMs: receivedMs } = uplink;
  const { slot } = sample;
  const csi = float32Matrix(sample, values);
  const ageMs = nowMs - receivedMs;
  return { ueId, epoch, seq: 0, slot, modelId, csi, quality, ageMs, queueMs, decodeMs, receivedMs, payloadBits: 0 };
}

/** Values as they go over the wire, without a copy where this machine has the wire's byte order. */
export function float32Matrix({ numAntennas, numDelays }: CsiShape, values: Float32Array): CsiMatrix {
  if (!littleEndian) return csiMatrixOf({ numAntennas, numDelays, values });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { numAntennas, numDelays, domain: 'angular-delay', encoding: 'float32', values: bytes };
}
