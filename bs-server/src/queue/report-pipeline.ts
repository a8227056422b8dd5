import type { ReportOutcome } from '@edge-csi/proto';
import type { BatchDecoder, BatchRoom, LossReason } from '../decode/batch-decoder.ts';
import type { AcceptedReport, SettleReason } from '../ingest/accepted-report.ts';
import type { UplinkJoin } from '../join/uplink-join.ts';
import type { UplinkSample } from '../join/uplink-ring.ts';
import type { BatchQueues } from './batch-queues.ts';
import { type DecodeJob, fillRoom, type ReportJob } from './decode-job.ts';
import type { UplinkOnlyStage } from './uplink-only-stage.ts';

/** One decoded report. `values` is a view that is overwritten once the listener returns. */
export interface DecodedReport {
  readonly job: ReportJob;
  /** Estimated downlink CSI, planar `[2][numAntennas][numDelays]`; empty where it was not wanted here. */
  readonly values: Float32Array;
  /** From arrival to the start of its decoding. */
  readonly queueMs: number;
  /** Decoding of its whole batch. */
  readonly decodeMs: number;
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

/** Told of every result. */
export interface PipelineListener {
  decoded(report: DecodedReport): void;
  settled(report: AcceptedReport, outcome: ReportOutcome, reason: SettleReason): void;
  /** @param version - of the model that decoded it */
  batchDone(version: string, batch: DecodedBatch): void;
}

export interface ReportPipelineParts {
  readonly join: UplinkJoin<AcceptedReport>;
  /** By version. */
  readonly queues: BatchQueues<ReportJob>;
  /** What reports that fail or never come are replaced by. */
  readonly uplinkOnly: UplinkOnlyStage;
  readonly decoder: Pick<BatchDecoder<DecodeJob>, 'claim' | 'serving' | 'down' | 'inFlight'>;
  readonly listener: PipelineListener;
  /** Reports one queue may hold at present. */
  readonly queueBound: () => number;
  readonly clock: () => number;
}

/**
 * Takes reports and uplinks to the decoder and its results on to the listener.
 *
 * Everything happens on arrival of a report, of an uplink or of a result. A timer only serves the idle tail: a report
 * that waits for its uplink, a batch that waits to grow, or a report that does not come, while nothing else arrives.
 */
export class ReportPipeline {
  readonly #parts: ReportPipelineParts;
  #timer: NodeJS.Timeout | undefined;
  #timerMs = Number.POSITIVE_INFINITY;
  #stopped = false;
  #onceEmpty: (() => void) | undefined;

  constructor(parts: ReportPipelineParts) {
    this.#parts = parts;
  }

  /** Reports that have entered and are not settled. */
  get inFlight(): number {
    const { join, decoder, uplinkOnly } = this.#parts;
    return join.waiting + this.queued + decoder.inFlight - uplinkOnly.decoding;
  }

  /** Reports in front of the decoders. */
  get queued(): number {
    return this.#parts.queues.size;
  }

  /** Takes a report over; its origin hears of it once it is settled. */
  pushReport(report: AcceptedReport): void {
    const { join, decoder, uplinkOnly } = this.#parts;
    if (this.#stopped || decoder.down) {
      this.#settleNow([report], 'shed', this.#stopped ? 'draining' : 'no-decoder');
      return;
    }
    uplinkOnly.reportCame(report);
    const { joined, superseded } = join.pushReport(report, report.receivedMs);
    // The origin is told together with the newer report's outcome.
    if (superseded !== undefined) this.#settle(superseded, 'superseded', 'newer-report');
    if (joined !== undefined) this.#enqueue(joined, report.receivedMs);
    this.#advance(report.receivedMs);
  }

  /** Takes uplink CSI of one UE and slot. */
  pushUplink(ueId: string, sample: UplinkSample): void {
    const nowMs = this.#parts.clock();
    const joined = this.#parts.join.pushUplink(ueId, sample, nowMs);
    if (joined !== undefined) this.#enqueue(joined, nowMs);
    this.#parts.uplinkOnly.uplinkCame(ueId, sample.slot, nowMs);
    this.#advance(nowMs);
  }

  /** Takes a batch back from the decoder. */
  finish(room: BatchRoom<DecodeJob>, decodeMs: number, codewordDrift: number | undefined): void {
    const nowMs = this.#parts.clock();
    // The decoder gets its next batch, in another room, before this one is read. What its estimates leave to be done
    // for want of reports is known only after that.
    this.#feed(nowMs);
    const { jobs } = room;
    const reports = jobs.filter((job) => job.quality !== 'uplink-only');
    const [first] = reports;
    if (first !== undefined) {
      this.#parts.listener.batchDone(first.report.version, { size: reports.length, decodeMs, codewordDrift });
    }
    for (const i of jobs.keys()) this.#finishJob(room, i, nowMs, decodeMs);
    room.release();
    for (const { report } of reports) report.origin.flush();
    this.#advance(nowMs);
  }

  /** Settles jobs whose batch is lost. */
  lose(jobs: readonly DecodeJob[], reason: LossReason): void {
    const reports = jobs.filter((job) => job.quality !== 'uplink-only');
    this.#parts.uplinkOnly.lose(jobs.filter((job) => job.quality === 'uplink-only'));
    this.#fail(reports, reason === 'deadline-passed' ? 'late' : 'shed', reason);
    this.resume();
  }

  /** Looks for work after a change in the decoder; sheds everything where no decoder is left. */
  resume(): void {
    if (this.#parts.decoder.down) this.#shedAll('no-decoder');
    else this.#advance(this.#parts.clock());
  }

  /** Takes no more reports and waits until those it has are settled; sheds what is left after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#stopped = true;
    this.#parts.uplinkOnly.stop();
    if (this.inFlight > 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#onceEmpty = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.abandon();
  }

  /** Takes no more reports and sheds those that are not with a decoder yet. */
  abandon(): void {
    this.#stopped = true;
    this.#parts.uplinkOnly.stop();
    clearTimeout(this.#timer);
    this.#shedAll('draining');
  }

  #finishJob(room: BatchRoom<DecodeJob>, i: number, nowMs: number, decodeMs: number): void {
    const { listener, uplinkOnly } = this.#parts;
    const job = room.jobs[i] as DecodeJob;
    const status = room.status(i);
    const { published } = room;
    const { numAntennas, numDelays } = job.quality === 'uplink-only' ? job.uplink.sample : job.report.shape;
    const values = room.estimate(i, numAntennas * numDelays);
    if (job.quality === 'uplink-only') {
      uplinkOnly.finish(job, { status, values, decodeMs, published }, nowMs);
      return;
    }
    const { report } = job;
    if (status === 'decoded') {
      const queueMs = Math.max(0, nowMs - decodeMs - report.receivedMs);
      listener.decoded({ job, values, queueMs, decodeMs, published });
      uplinkOnly.reportDecoded(report);
      this.#settle(report, 'decoded', 'estimate-published');
    } else {
      if (status === 'late') this.#settle(report, 'late', 'deadline-passed');
      else this.#settle(report, 'invalid', status);
      uplinkOnly.reportFailed(job, nowMs);
    }
  }

  #enqueue(job: ReportJob, nowMs: number): void {
    const { version, ueId, deadlineMs } = job.report;
    const superseded = this.#parts.queues.push(version, ueId, deadlineMs, job, nowMs);
    if (superseded !== undefined) this.#settle(superseded.report, 'superseded', 'newer-report');
    const excess = this.#parts.queues.takeExcess(version, this.#parts.queueBound());
    if (excess.length > 0) this.#fail(excess, 'shed', 'queue-full');
  }

  #advance(nowMs: number): void {
    const { queues, decoder, uplinkOnly } = this.#parts;
    this.#feed(nowMs);
    if (!decoder.serving) this.#failLate(queues.takeLate(nowMs));
    uplinkOnly.advance(nowMs);
    if (this.queued === 0) uplinkOnly.dispatch(decoder, nowMs);
    this.#armTimer(nowMs);
    this.#checkEmpty();
  }

  /** Gives the decoders what reports they can take. */
  #feed(nowMs: number): void {
    for (const joined of this.#parts.join.takeExpired(nowMs)) this.#enqueue(joined, nowMs);
    while (this.#dispatch(nowMs));
  }

  /** Sends the most urgent batch that a worker can take. @returns false where there is none */
  #dispatch(nowMs: number): boolean {
    for (const [version, batcher] of this.#parts.queues.ready(nowMs)) {
      const room = this.#parts.decoder.claim(batcher.full, version);
      if (room === undefined) continue;
      const { jobs, late } = batcher.take(nowMs);
      this.#failLate(late);
      if (jobs.length === 0) {
        room.release();
        return true;
      }
      fillRoom(room, jobs);
      room.dispatch(version, jobs);
      return true;
    }
    return false;
  }

  /** One timer for the next thing that only time brings about. */
  #armTimer(nowMs: number): void {
    const { join, queues, uplinkOnly, decoder, clock } = this.#parts;
    const wakeMs = Math.min(join.nextExpiryMs, uplinkOnly.wakeMs, queues.wakeMs(nowMs, decoder.serving));
    // A timer that is due earlier arms this one when it fires.
    if (wakeMs >= this.#timerMs) return;
    clearTimeout(this.#timer);
    this.#timerMs = wakeMs;
    const onTime = () => {
      this.#timerMs = Number.POSITIVE_INFINITY;
      this.#advance(clock());
    };
    this.#timer = setTimeout(onTime, Math.max(0, Math.ceil(wakeMs - nowMs)));
  }

  #failLate(jobs: readonly ReportJob[]): void {
    this.#fail(jobs, 'late', 'deadline-passed');
  }

  /** Settles reports that had their turn in vain; their uplinks may still be decoded alone. */
  #fail(jobs: readonly ReportJob[], outcome: ReportOutcome, reason: SettleReason): void {
    this.#settleNow(
      jobs.map(({ report }) => report),
      outcome,
      reason,
    );
    const nowMs = this.#parts.clock();
    for (const job of jobs) this.#parts.uplinkOnly.reportFailed(job, nowMs);
  }

  #shedAll(reason: SettleReason): void {
    const { join, queues, uplinkOnly } = this.#parts;
    uplinkOnly.dropQueued();
    const queued = queues.takeAll().map(({ report }) => report);
    this.#settleNow([...join.takeAll(), ...queued], 'shed', reason);
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (this.#stopped && this.inFlight === 0) this.#onceEmpty?.();
  }

  #settle(report: AcceptedReport, outcome: ReportOutcome, reason: SettleReason): void {
    this.#parts.listener.settled(report, outcome, reason);
    report.origin.settle(report.seq, outcome, reason);
  }

  #settleNow(reports: readonly AcceptedReport[], outcome: ReportOutcome, reason: SettleReason): void {
    for (const report of reports) this.#settle(report, outcome, reason);
    for (const report of reports) report.origin.flush();
  }
}
