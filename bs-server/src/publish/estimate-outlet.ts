import type { ChannelEstimate, ReportOutcome } from '@edge-csi/proto';
import type { AcceptedReport, SettleReason } from '../ingest/accepted-report.ts';
import type { ModelTally } from '../ops/model-tally.ts';
import type { Distributions, Tally } from '../ops/server-stats.ts';
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
  readonly distributions: Distributions;
  readonly clock: () => number;
}

/** Where results leave the pipeline: counts and times what became of reports, and publishes the estimates. */
export class EstimateOutlet implements PipelineListener, UplinkOnlyListener {
  readonly #parts: EstimateOutletParts;

  constructor(parts: EstimateOutletParts) {
    this.#parts = parts;
  }

  decoded(decoded: DecodedReport): void {
    const { stream, held, broadcast, tally, distributions, clock } = this.#parts;
    const nowMs = clock();
    const { report, quality } = decoded.job;
    tally.qualities.add(quality);
    tally.queueMs.add(decoded.queueMs);
    distributions.queueMs.observe(decoded.queueMs);
    distributions.ageMs.observe(report.processingUs / 1000 + nowMs - report.receivedMs);
    // Where nobody wanted estimates of this server when the report was sent to be decoded, there is none here.
    if (decoded.values.length === 0) return;
    const estimate = channelEstimateOf(decoded, nowMs);
    held.keep(estimate, nowMs);
    stream.publish(() => estimate);
    if (!decoded.published) broadcast?.(estimate);
  }

  settled({ version }: AcceptedReport, outcome: ReportOutcome, reason: SettleReason): void {
    const { tally, modelTally } = this.#parts;
    tally.reasons.add(`${outcome}/${reason}`);
    modelTally.settle(version, outcome);
  }

  batchDone(version: string, batch: DecodedBatch): void {
    const { size, decodeMs } = batch;
    const { tally, modelTally, distributions } = this.#parts;
    tally.batches.add();
    tally.decodeMs.add(decodeMs);
    modelTally.batch(version, batch);
    distributions.batchSize.observe(size);
    distributions.decodeMs.observe(decodeMs);
  }

  lost(): void {
    this.#parts.tally.lost.add();
  }

  unreplaced(ueId: string, epoch: number): void {
    const { stream, held, broadcast, tally, clock } = this.#parts;
    const estimate = held.of(ueId, epoch, clock());
    if (estimate === undefined) return;
    tally.qualities.add('held');
    stream.publish(() => estimate);
    broadcast?.(estimate);
  }

  uplinkDecoded(decoded: DecodedUplink): void {
    const { stream, broadcast, tally, clock } = this.#parts;
    tally.qualities.add(decoded.job.quality);
    if (decoded.values.length === 0) return;
    stream.publish(() => uplinkOnlyEstimateOf(decoded, clock()));
    if (!decoded.published) broadcast?.(uplinkOnlyEstimateOf(decoded, clock()));
  }

  uplinksDropped(count: number): void {
    this.#parts.tally.uplinkOnlyDropped.add(count);
  }
}
