import type { ChannelEstimate, ReportOutcome } from '@edge-csi/proto';
import type { AcceptedReport, SettleReason } from '../ingest/accepted-report.ts';
import type { Metrics } from '../ops/metrics.ts';
import type { ModelTally } from '../ops/model-tally.ts';
import type { Tally } from '../ops/tally.ts';
import type { DecodedBatch, DecodedReport, PipelineListener } from '../queue/report-pipeline.ts';
import type { DecodedUplink, UplinkOnlyListener } from '../queue/uplink-only-stage.ts';
import { channelEstimateOf, uplinkOnlyEstimateOf } from './channel-estimate.ts';
import type { EstimateStream } from './estimate-stream.ts';
import type { HeldEstimates } from './held-estimates.ts';

export interface EstimateOutletParts {
  readonly stream: EstimateStream;
  readonly held: HeldEstimates;
  /** Takes estimates that whoever decoded them has not published to the broker; absent where there is no broker. */
  readonly broadcast: ((estimate: ChannelEstimate) => void) | undefined;
  readonly tally: Tally;
  readonly modelTally: ModelTally;
  readonly metrics: Metrics;
  /** A report is settled and counted. */
  readonly onSettled: () => void;
  readonly clock: () => number;
}

/** Where results leave the pipeline: counts and times what became of reports, and publishes the estimates. */
export class EstimateOutlet implements PipelineListener, UplinkOnlyListener {
  readonly #parts: EstimateOutletParts;

  constructor(parts: EstimateOutletParts) {
    this.#parts = parts;
  }

  decoded(decoded: DecodedReport): void {
    const { stream, held, broadcast, tally, metrics, clock } = this.#parts;
    const nowMs = clock();
    const { report, quality } = decoded.job;
    tally.quality(quality);
    tally.queueMs += decoded.queueMs;
    metrics.queueMs.observe(decoded.queueMs);
    metrics.ageMs.observe(report.processingUs / 1000 + nowMs - report.receivedMs);
    // Where nobody wanted estimates of this server when the report was sent to be decoded, there is none here.
    if (decoded.values.length === 0) return;
    const estimate = channelEstimateOf(decoded, nowMs);
    held.keep(estimate, nowMs);
    stream.publish(() => estimate);
    if (!decoded.published) broadcast?.(estimate);
  }

  settled({ version }: AcceptedReport, outcome: ReportOutcome, reason: SettleReason): void {
    const { tally, modelTally, onSettled } = this.#parts;
    tally.settle(outcome, reason);
    modelTally.settle(version, outcome);
    onSettled();
  }

  batchDone(version: string, batch: DecodedBatch): void {
    const { size, decodeMs } = batch;
    const { tally, modelTally, metrics } = this.#parts;
    tally.batches++;
    tally.decodeMs += decodeMs;
    modelTally.batch(version, batch);
    metrics.batchSize.observe(size);
    metrics.decodeMs.observe(decodeMs);
  }

  lost(): void {
    this.#parts.tally.lost++;
  }

  unreplaced(ueId: string, epoch: number): void {
    const { stream, held, broadcast, tally, clock } = this.#parts;
    const estimate = held.of(ueId, epoch, clock());
    if (estimate === undefined) return;
    tally.quality('held');
    stream.publish(() => estimate);
    broadcast?.(estimate);
  }

  uplinkDecoded(decoded: DecodedUplink): void {
    const { stream, broadcast, tally, clock } = this.#parts;
    tally.quality(decoded.job.quality);
    if (decoded.values.length === 0) return;
    stream.publish(() => uplinkOnlyEstimateOf(decoded, clock()));
    if (!decoded.published) broadcast?.(uplinkOnlyEstimateOf(decoded, clock()));
  }

  uplinksDropped(count: number): void {
    this.#parts.tally.uplinkOnlyDropped += count;
  }
}
