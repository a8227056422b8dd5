import type { ReportOutcome } from '@edge-csi/proto';
import type { AcceptedReport, SettleReason } from '../accepted-report.ts';
import type { DecodedReport, PipelineListener } from '../report-pipeline.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import type { Tally } from '../telemetry/tally.ts';
import type { DecodedUplink, UplinkOnlyListener } from '../uplink-only-stage.ts';
import { channelEstimateOf, uplinkOnlyEstimateOf } from './channel-estimate.ts';
import type { EstimateStream } from './estimate-stream.ts';

/** Where results leave the pipeline: counts and times what became of reports, and publishes the estimates. */
export class EstimateOutlet implements PipelineListener, UplinkOnlyListener {
  readonly #stream: EstimateStream;
  readonly #tally: Tally;
  readonly #metrics: Metrics;
  readonly #clock: () => number;

  constructor(stream: EstimateStream, tally: Tally, metrics: Metrics, clock: () => number) {
    this.#stream = stream;
    this.#tally = tally;
    this.#metrics = metrics;
    this.#clock = clock;
  }

  decoded(decoded: DecodedReport): void {
    const nowMs = this.#clock();
    const { report, quality } = decoded.job;
    this.#tally.quality(quality);
    this.#tally.queueMs += decoded.queueMs;
    this.#metrics.queueMs.observe(decoded.queueMs);
    this.#metrics.ageMs.observe(report.processingUs / 1000 + nowMs - report.receivedMs);
    this.#stream.publish(() => channelEstimateOf(decoded, nowMs));
  }

  settled(_report: AcceptedReport, outcome: ReportOutcome, reason: SettleReason): void {
    this.#tally.settle(outcome, reason);
  }

  batchDone(size: number, decodeMs: number): void {
    this.#tally.batches++;
    this.#tally.decodeMs += decodeMs;
    this.#metrics.batchSize.observe(size);
    this.#metrics.decodeMs.observe(decodeMs);
  }

  lost(): void {
    this.#tally.lost++;
  }

  uplinkDecoded(decoded: DecodedUplink): void {
    this.#tally.quality(decoded.job.quality);
    this.#stream.publish(() => uplinkOnlyEstimateOf(decoded, this.#clock()));
  }

  uplinksDropped(count: number): void {
    this.#tally.uplinkOnlyDropped += count;
  }
}
