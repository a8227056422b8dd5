import { endianness } from 'node:os';
import type { ChannelPaths, CsiShape } from '@edge-csi/csi';
import { type ChannelEstimate, type CsiMatrix, csiMatrixOf, type ReportOutcome } from '@edge-csi/proto';
import type { ModelTally } from '../ops/model-tally.ts';
import type { Distributions, OutcomeReason, Tally } from '../ops/server-stats.ts';
import type { EstimateStream, PublishedEstimate } from './estimate-stream.ts';
import type { HeldEstimates } from './held-estimates.ts';
import type { PredictedEstimates } from './predicted-estimates.ts';

/** One decoded job: of a report, or, without any, of an uplink alone. */
export interface DecodedEstimate
  extends Pick<
    ChannelEstimate,
    'ueId' | 'epoch' | 'seq' | 'slot' | 'modelId' | 'quality' | 'payloadBits' | 'receivedMs' | 'queueMs' | 'decodeMs'
  > {
  readonly shape: CsiShape;
  /**
   * Estimated downlink CSI, planar `[2][numAntennas][numDelays]`; of an uplink alone its magnitude, with zeros as imaginary
   * parts. Empty where it was not wanted here. A view that is overwritten once the outlet returns.
   */
  readonly values: Float32Array;
  /** Reads the paths that it is made of, if it is. */
  readonly readPaths?: (() => ChannelPaths) | undefined;
  /** Age of the CSI at `receivedMs`. */
  readonly arrivalAgeMs: number;
  /** Whoever decoded it has published it to the broker already. */
  readonly published: boolean;
}

/** One decoded batch of a model's reports. */
export interface DecodedBatch {
  readonly size: number;
  readonly decodeMs: number;
  /** How far the model's codewords are from those of its training, in nats, where that can be told. */
  readonly codewordDrift: number | undefined;
}

export interface EstimateOutletParts {
  readonly stream: EstimateStream;
  readonly held: HeldEstimates;
  readonly predicted: PredictedEstimates;
  /** Takes estimates that whoever decoded them has not published to the broker; absent where there is no broker. */
  readonly broadcast: ((estimate: ChannelEstimate) => void) | undefined;
  readonly tally: Tally;
  readonly modelTally: ModelTally;
  readonly distributions: Distributions;
  readonly clock: () => number;
}

/** Where results leave the pipeline: counts and times what became of reports, and publishes the estimates. */
export class EstimateOutlet {
  readonly #parts: EstimateOutletParts;

  constructor(parts: EstimateOutletParts) {
    this.#parts = parts;
  }

  /** A job is decoded. */
  decoded(decoded: DecodedEstimate): void {
    const { stream, held, predicted, broadcast, tally, distributions, clock } = this.#parts;
    const { quality, queueMs, values, published } = decoded;
    const nowMs = clock();
    const isOfReport = quality !== 'uplink-only';
    const estimate = channelEstimateOf(decoded, nowMs);
    tally.qualities.add(quality);
    if (isOfReport) {
      tally.queueMs.add(queueMs);
      distributions.queueMs.observe(queueMs);
      distributions.ageMs.observe(estimate.ageMs);
    }
    if (isOfReport) predicted.keep(estimate, nowMs);
    // Where nobody wanted estimates of this server when the report was sent to be decoded, there is none here.
    if (values.length === 0) return;
    if (isOfReport) held.keep(estimate, nowMs);
    stream.publish(estimate);
    if (!published) broadcast?.(estimate);
  }

  /** @param version - of the model the report was coded with */
  settled(version: string, outcome: ReportOutcome, reason: OutcomeReason): void {
    const { tally, modelTally } = this.#parts;
    tally.reasons.add(`${outcome}/${reason}`);
    modelTally.settle(version, outcome);
  }

  /** @param version - of the model that decoded it */
  batchDone(version: string, batch: DecodedBatch): void {
    const { size, decodeMs } = batch;
    const { tally, modelTally, distributions } = this.#parts;
    tally.batches.add();
    tally.decodeMs.add(decodeMs);
    modelTally.batch(version, batch);
    distributions.batchSize.observe(size);
    distributions.decodeMs.observe(decodeMs);
  }

  /** A UE owes a report that never came. */
  lost(): void {
    this.#parts.tally.lost.add();
  }

  /**
   * A report is given up, and no uplink can be decoded in its place: its UE's channel is predicted, or else the latest estimate
   * repeated.
   */
  unreplaced(ueId: string, epoch: number): void {
    const { held, predicted, clock } = this.#parts;
    const nowMs = clock();
    const last = held.of(ueId, epoch, nowMs);
    if (last !== undefined) this.published(predicted.of(ueId, epoch, nowMs) ?? last);
  }

  /** An estimate that no decoder has made goes out. */
  published(estimate: PublishedEstimate): void {
    const { stream, broadcast, tally } = this.#parts;
    tally.qualities.add(estimate.quality);
    stream.publish(estimate);
    broadcast?.(estimate);
  }

  /** An uplink that was to be decoded alone is not, or its estimate is no news any more. */
  dropped(): void {
    this.#parts.tally.uplinkOnlyDropped.add();
  }
}

/** Whoever hears of results. */
export type Outlet = Pick<EstimateOutlet, Exclude<keyof EstimateOutlet, 'published'>>;

const littleEndian = endianness() === 'LE';

/** What subscribers get of a decoded job. Its matrix may be a view of the job's values. */
export function channelEstimateOf(decoded: Omit<DecodedEstimate, 'published'>, nowMs: number): PublishedEstimate {
  const { ueId, epoch, seq, slot, modelId, shape, values, arrivalAgeMs, receivedMs, queueMs } = decoded;
  const { decodeMs, quality, payloadBits, readPaths } = decoded;
  const csi = float32Matrix(shape, values);
  const ageMs = arrivalAgeMs + nowMs - receivedMs;
  const times = { ageMs, queueMs, decodeMs, receivedMs };
  return { ueId, epoch, seq, slot, modelId, csi, quality, ...times, payloadBits, expectedError: 0, readPaths };
}

/** Values as they go over the wire, without a copy where this machine has the wire's byte order. */
function float32Matrix({ numAntennas, numDelays }: CsiShape, values: Float32Array): CsiMatrix {
  if (!littleEndian) return csiMatrixOf({ numAntennas, numDelays, values });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { numAntennas, numDelays, domain: 'angular-delay', encoding: 'float32', values: bytes };
}
