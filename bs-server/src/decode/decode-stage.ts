import type { UplinkOnlyBundle } from '@edge-csi/models';
import type { GatewayLink } from '../cluster/gateway-link.ts';
import type { AcceptedReport } from '../ingest/accepted-report.ts';
import type { ReportWatch } from '../join/report-watch.ts';
import { UplinkJoin } from '../join/uplink-join.ts';
import type { ServedModel } from '../ops/model-catalog.ts';
import type { ResolvedOptions } from '../options.ts';
import { BatchQueues } from '../queue/batch-queues.ts';
import type { DecodeJob, ReportJob } from '../queue/decode-job.ts';
import { type PipelineListener, ReportPipeline } from '../queue/report-pipeline.ts';
import { type UplinkOnlyListener, UplinkOnlyStage } from '../queue/uplink-only-stage.ts';
import type { BatchDecoder, BatchListener, DecoderEvent } from './batch-decoder.ts';
import { decoderModelOf } from './decoder-model.ts';
import { DecoderPool } from './decoder-pool.ts';
import { uplinkOnlyDecoderModelOf } from './uplink-only-decoder.ts';

export interface DecodeStageParts {
  readonly options: ResolvedOptions;
  /** Models at the start. */
  readonly served: readonly ServedModel[];
  readonly uplinkOnly: UplinkOnlyBundle | undefined;
  readonly watch: ReportWatch;
  readonly listener: PipelineListener & UplinkOnlyListener;
  /** Reports one queue may hold at present. */
  readonly queueBound: () => number;
  readonly onWorkerEvent: (event: DecoderEvent) => void;
  /** Where workers elsewhere decode. */
  readonly link: GatewayLink | undefined;
  /** Whether anybody wants estimates from this server at present. */
  readonly wantsEstimates: () => boolean;
}

/** The way from an accepted report to its result: the join with the uplink, the queues, and the decode workers. */
export class DecodeStage {
  readonly join: UplinkJoin<AcceptedReport>;
  readonly decoder: BatchDecoder<DecodeJob>;
  readonly pipeline: ReportPipeline;
  readonly #queues: BatchQueues<ReportJob>;

  constructor(parts: DecodeStageParts) {
    this.join = new UplinkJoin({ ...parts.options, ...parts.options.limits });
    this.#queues = new BatchQueues(parts.options);
    this.decoder = this.#createDecoder(parts);
    this.pipeline = this.#createPipeline(parts);
  }

  /** Reports of a model version in front of the decoders. */
  queued(version: string): number {
    return this.#queues.sizeOf(version);
  }

  /** Loads one more model in every decode worker. @throws Error where one of them cannot; none has it then. */
  load({ bundle }: ServedModel): Promise<void> {
    return this.decoder.load(decoderModelOf(bundle));
  }

  /** Frees a model version in every decode worker. None of its reports may be under way. */
  free(version: string): Promise<void> {
    this.#queues.remove(version);
    return this.decoder.unload(version);
  }

  #createDecoder({
    options,
    served,
    uplinkOnly,
    onWorkerEvent,
    link,
    wantsEstimates,
  }: DecodeStageParts): BatchDecoder<DecodeJob> {
    const models = [
      ...served.map(({ bundle }) => decoderModelOf(bundle)),
      ...(uplinkOnly === undefined ? [] : [uplinkOnlyDecoderModelOf(uplinkOnly)]),
    ];
    const listener: BatchListener<DecodeJob> = {
      decoded: (room, decodeMs, codewordDrift) => this.pipeline.finish(room, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.pipeline.lose(jobs, reason),
      changed: (event) => {
        onWorkerEvent(event);
        if (event.kind !== 'batch-failed') this.pipeline.resume();
      },
    };
    const local = (to: BatchListener<DecodeJob>) => new DecoderPool(options, models, to);
    return link === undefined ? local(listener) : link.createDecoder(models, local, listener, wantsEstimates);
  }

  #createPipeline({ options, uplinkOnly, watch, listener, queueBound }: DecodeStageParts): ReportPipeline {
    const { clock, maxBatchSize, deadlineMs } = options;
    const { id: modelId, csi: shape } = uplinkOnly?.manifest ?? {};
    const stage = new UplinkOnlyStage({
      model: modelId && shape ? { modelId, shape } : undefined,
      watch,
      join: this.join,
      maxBatchSize,
      deadlineMs,
      listener,
      serving: () => this.decoder.serving,
    });
    return new ReportPipeline({
      join: this.join,
      queues: this.#queues,
      uplinkOnly: stage,
      decoder: this.decoder,
      clock,
      listener,
      queueBound,
    });
  }
}
