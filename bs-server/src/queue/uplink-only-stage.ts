import type { CsiShape } from '@edge-csi/csi';
import type { BatchDecoder, BatchRoom, JobStatus } from '../decode/batch-decoder.ts';
import type { AcceptedReport } from '../ingest/accepted-report.ts';
import type { ReportWatch } from '../join/report-watch.ts';
import type { UplinkJoin } from '../join/uplink-join.ts';
import type { ArrivedUplink } from '../join/uplink-ring.ts';
import { Batcher } from './batcher.ts';
import { type DecodeJob, fillRoom, type ReportJob, type UplinkOnlyJob } from './decode-job.ts';

/** The model that decodes uplinks alone. */
interface UplinkOnlyModel {
  /** What the decode workers know it by. */
  readonly modelId: string;
  readonly shape: CsiShape;
}

/** One uplink decoded alone. `values` is a view that is overwritten once the listener returns. */
export interface DecodedUplink {
  readonly job: UplinkOnlyJob;
  readonly modelId: string;
  /** Estimated downlink magnitude, planar `[2][numAntennas][numDelays]` with zeros as imaginary parts. */
  readonly values: Float32Array;
  /** From its report being given up to the start of its decoding. */
  readonly queueMs: number;
  /** Decoding of its whole batch. */
  readonly decodeMs: number;
  /** Whoever decoded it has published it to the broker already. */
  readonly published: boolean;
}

/** What a decoder made of one job. */
interface JobResult extends Pick<DecodedUplink, 'values' | 'decodeMs' | 'published'> {
  readonly status: JobStatus;
}

export interface UplinkOnlyListener {
  /** A UE owes a report that never came. */
  lost(): void;
  uplinkDecoded(decoded: DecodedUplink): void;
  /** A report is given up, and no uplink can be decoded in its place. */
  unreplaced(ueId: string, epoch: number): void;
  /** Uplinks that were to be decoded alone and are not, or whose estimate is no news any more. */
  uplinksDropped(count: number): void;
}

export interface UplinkOnlyParts {
  /** Without one, lost reports are counted all the same. */
  readonly model: UplinkOnlyModel | undefined;
  readonly watch: ReportWatch;
  readonly join: Pick<UplinkJoin<AcceptedReport>, 'uplinkFor' | 'uplinkAt'>;
  /** Most reports of one batch. */
  readonly maxBatchSize: number;
  /** How long an uplink waits for a decoder without a report to decode. */
  readonly deadlineMs: number;
  readonly listener: UplinkOnlyListener;
  /** Whether any decoder takes batches. */
  readonly serving: () => boolean;
}

/**
 * Share of a full batch that uplinks without reports are decoded in: a report that comes just after waits for the rest
 * of such a batch.
 */
const batchShare = 1 / 4;

/**
 * Stands in for reports that never come or cannot be decoded: estimates the downlink magnitude from the uplink alone.
 *
 * It has the decoders only while no report wants one, with one batch at a time, so that what a report can have to wait
 * for is the rest of one small batch. Its work may be dropped at any point; a newer uplink of a UE replaces an older one.
 */
export class UplinkOnlyStage {
  readonly #parts: UplinkOnlyParts;
  readonly #batcher: Batcher<UplinkOnlyJob>;
  /** The latest batch and where it went; once it is done, the room holds other jobs or none. */
  #batch: readonly DecodeJob[] = [];
  #room: BatchRoom<DecodeJob> | undefined;
  #stopped = false;

  constructor(parts: UplinkOnlyParts) {
    this.#parts = parts;
    this.#batcher = new Batcher({ maxBatchSize: Math.ceil(parts.maxBatchSize * batchShare), maxQueueDelayMs: 0 });
  }

  /** Uplinks with a decoder. */
  get decoding(): number {
    return this.#room?.jobs === this.#batch ? this.#batch.length : 0;
  }

  /** When time alone brings work; Infinity where it brings none. */
  get wakeMs(): number {
    return this.#parts.watch.nextLossMs;
  }

  /** A report has come, whatever becomes of it. */
  reportCame({ ueId, epoch, slot, periodSlots }: AcceptedReport): void {
    this.#parts.watch.report(ueId, epoch, slot, periodSlots);
  }

  uplinkCame(ueId: string, slot: number, nowMs: number): void {
    this.#parts.watch.uplink(ueId, slot, nowMs);
  }

  /** The estimate of a report is out. */
  reportDecoded({ ueId, epoch, slot }: AcceptedReport): void {
    this.#parts.watch.estimated(ueId, epoch, slot);
  }

  /** A report has ended without an estimate. Its uplink takes its place, where there is one. */
  reportFailed(job: ReportJob, nowMs: number): void {
    const { ueId, epoch, slot } = job.report;
    this.#replace(ueId, epoch, slot, this.#uplinkOf(job), nowMs);
  }

  /** Gives up the reports that have not come in time. */
  advance(nowMs: number): void {
    const { watch, join, model, listener } = this.#parts;
    for (const { ueId, epoch, uplinkSlot } of watch.takeLost(nowMs)) {
      listener.lost();
      this.#replace(ueId, epoch, uplinkSlot, model && join.uplinkAt(ueId, uplinkSlot, model.shape), nowMs);
    }
  }

  /** Hands a batch to an idle decoder. To be called while no report is ready for one. */
  dispatch(decoder: Pick<BatchDecoder<DecodeJob>, 'claim'>, nowMs: number): void {
    const { model, watch, listener } = this.#parts;
    while (model !== undefined && this.#batcher.size > 0 && this.decoding === 0) {
      const room = decoder.claim(false, model.modelId);
      if (room === undefined) return;
      const { jobs, late } = this.#batcher.take(nowMs);
      const wanted = jobs.filter(({ ueId, epoch, uplink }) => watch.wants(ueId, epoch, uplink.sample.slot));
      listener.uplinksDropped(late.length + jobs.length - wanted.length);
      if (wanted.length === 0) {
        room.release();
        continue;
      }
      fillRoom(room, wanted);
      this.#batch = wanted;
      this.#room = room;
      room.dispatch(model.modelId, wanted);
    }
  }

  /** Takes one job of a batch back from the decoder. */
  finish(job: UplinkOnlyJob, { status, values, decodeMs, published }: JobResult, nowMs: number): void {
    const { model, watch, listener } = this.#parts;
    const { ueId, epoch, uplink, queuedMs } = job;
    const { slot } = uplink.sample;
    // Its UE may have left or an estimate of a report come out meanwhile.
    if (model === undefined || this.#stopped || status !== 'decoded' || !watch.wants(ueId, epoch, slot)) {
      listener.uplinksDropped(1);
      return;
    }
    watch.estimated(ueId, epoch, slot);
    const queueMs = Math.max(0, nowMs - decodeMs - queuedMs);
    listener.uplinkDecoded({ job, modelId: model.modelId, values, queueMs, decodeMs, published });
  }

  /** Takes jobs back whose batch is lost. */
  lose(jobs: readonly UplinkOnlyJob[]): void {
    const { watch, listener } = this.#parts;
    listener.uplinksDropped(jobs.length);
    for (const { ueId, epoch, uplink } of jobs) {
      if (!this.#stopped && watch.wants(ueId, epoch, uplink.sample.slot)) listener.unreplaced(ueId, epoch);
    }
  }

  /** Drops what waits for a decoder. */
  dropQueued(): void {
    this.#parts.listener.uplinksDropped(this.#batcher.takeAll().length);
  }

  /** Ends all of it. Nothing counts as lost any more. */
  stop(): void {
    this.#stopped = true;
    this.#parts.watch.clear();
    this.dropQueued();
  }

  /** Puts an uplink in the place of a report of a slot, unless there is an estimate that is as new. */
  #replace(ueId: string, epoch: number, slot: number, uplink: ArrivedUplink | undefined, nowMs: number): void {
    const { watch, deadlineMs, listener } = this.#parts;
    if (this.#stopped || !watch.wants(ueId, epoch, uplink?.sample.slot ?? slot)) return;
    // Without a decoder it would only grow old.
    if (uplink === undefined || !this.#parts.serving()) {
      listener.unreplaced(ueId, epoch);
      return;
    }
    const untilMs = nowMs + deadlineMs;
    const job = { ueId, epoch, uplink, quality: 'uplink-only', queuedMs: nowMs, deadlineMs: untilMs } as const;
    if (this.#batcher.push(ueId, untilMs, job, nowMs) !== undefined) listener.uplinksDropped(1);
  }

  /** The best uplink for a report that is given up: one may have come since it was joined. */
  #uplinkOf({ report, uplink, uplinkMs, quality }: ReportJob): ArrivedUplink | undefined {
    const { join, model } = this.#parts;
    const { numAntennas, numDelays } = report.shape;
    if (model?.shape.numAntennas !== numAntennas || model.shape.numDelays !== numDelays) return undefined;
    const joined = uplink === undefined || uplinkMs === undefined ? undefined : { sample: uplink, arrivedMs: uplinkMs };
    return quality === 'fresh' ? joined : (join.uplinkFor(report, report.receivedMs) ?? joined);
  }
}
