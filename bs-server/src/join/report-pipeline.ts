import { type CsiShape, sameShape } from '@edge-csi/csi';
import type { ReportOutcome } from '@edge-csi/proto';
import type { BatchDecoder, BatchListener, BatchRoom, DecoderEvent, LossReason } from '../decode/batch-decoder.ts';
import type { Outlet } from '../publish/estimate-outlet.ts';
import { type BatcherOptions, BatchQueues, type Priority } from '../queue/batch-queues.ts';
import {
  type ArrivedUplink,
  type DecodeJob,
  type SettleReason,
  type UplinkSample,
  uplinkOnlyJob,
} from '../queue/decode-job.ts';
import { IdleTimer } from './idle-timer.ts';
import { ReportWatch, type ReportWatchOptions } from './report-watch.ts';
import { type AcceptedReport, UplinkJoin, type UplinkJoinOptions } from './uplink-join.ts';

export interface ReportPipelineParts {
  readonly options: UplinkJoinOptions & ReportWatchOptions & BatcherOptions & { readonly clock: () => number };
  /** What decodes uplinks alone, by its id; without one, lost reports are counted all the same. */
  readonly uplinkOnly: { readonly id: string; readonly csi: CsiShape } | undefined;
  /** Makes what decodes; its batches come back to `listener`. */
  readonly createDecoder: (listener: BatchListener<DecodeJob>) => BatchDecoder<DecodeJob>;
  readonly outlet: Outlet;
  /** Reports one queue may hold at present. */
  readonly queueBound: () => number;
  readonly onDecoderEvent: (event: DecoderEvent) => void;
}

/**
 * The way of a report: it takes reports and uplinks, joins them, has them decoded in batches, and passes the results on.
 *
 * Everything happens on arrival of a report, of an uplink or of a result. A timer only serves the idle tail: a report
 * that waits for its uplink, a batch that waits to grow, or a report that does not come, while nothing else arrives.
 *
 * Where a report never comes or cannot be decoded, its uplink is decoded alone, while no report wants a decoder and in
 * one small batch at a time: what a report can have to wait for is the rest of that. Such a job may be dropped at any
 * point; a newer one of its UE replaces it.
 */
export class ReportPipeline {
  readonly decoder: BatchDecoder<DecodeJob>;
  readonly join: UplinkJoin;
  readonly queues: BatchQueues<DecodeJob>;
  /** Knows who owes reports. */
  readonly watch: ReportWatch;
  readonly #parts: ReportPipelineParts;
  /** Jobs without a report that are with a decoder. */
  #spareDecoding = 0;
  readonly #timer: IdleTimer;
  #stopped = false;
  #onceEmpty: (() => void) | undefined;

  constructor(parts: ReportPipelineParts) {
    const { options } = parts;
    this.#parts = parts;
    this.join = new UplinkJoin(options);
    this.queues = new BatchQueues(options);
    this.watch = new ReportWatch(options);
    this.#timer = new IdleTimer(options.clock, (nowMs) => this.#advance(nowMs));
    this.decoder = parts.createDecoder({
      decoded: (room, decodeMs, codewordDrift) => this.#decoded(room, decodeMs, codewordDrift),
      lost: (jobs, reason) => this.#lost(jobs, reason),
      changed: (event) => {
        parts.onDecoderEvent(event);
        if (event.kind !== 'batch-failed') this.#resume();
      },
    });
  }

  /** Reports that have entered and are not settled. */
  get inFlight(): number {
    return this.join.waiting + this.queues.size + this.decoder.inFlight - this.#spareDecoding;
  }

  /** Takes a report over; its origin hears of it once it is settled. */
  pushReport(report: AcceptedReport): void {
    if (this.#stopped || this.decoder.down) {
      this.#settleNow([report], 'shed', this.#stopped ? 'draining' : 'no-decoder');
      return;
    }
    const { ueId, epoch, slot, periodSlots, receivedMs } = report;
    this.watch.report(ueId, epoch, slot, periodSlots);
    const { job, superseded } = this.join.pushReport(report);
    // The origin is told together with the newer report's outcome.
    if (superseded !== undefined) this.#settle(superseded, 'superseded', 'newer-report');
    if (job !== undefined) this.#enqueue(job, receivedMs);
    this.#advance(receivedMs);
  }

  /** Takes uplink CSI of one UE and slot. */
  pushUplink(ueId: string, sample: UplinkSample): void {
    const nowMs = this.#parts.options.clock();
    const job = this.join.pushUplink(ueId, sample, nowMs);
    if (job !== undefined) this.#enqueue(job, nowMs);
    this.watch.uplink(ueId, sample.slot, nowMs);
    this.#advance(nowMs);
  }

  /** Frees a model in every decoder. None of its reports may be under way. */
  async unload(model: string): Promise<void> {
    this.queues.remove(model);
    await this.decoder.unload(model);
  }

  /** Takes no more reports and waits until those it has are settled; sheds what is left after `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#stop();
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
    this.#stop();
    this.#timer.stop();
    this.#shedAll('draining');
  }

  /** From now on nothing counts as lost any more. */
  #stop(): void {
    this.#stopped = true;
    this.watch.clear();
  }

  /** Takes a batch back from the decoder. */
  #decoded(room: BatchRoom<DecodeJob>, decodeMs: number, codewordDrift: number | undefined): void {
    const nowMs = this.#parts.options.clock();
    // The decoder gets its next batch, in another room, before this one is read. What its estimates leave to be done
    // for want of reports is known only after that.
    this.#feed(nowMs);
    const [first] = room.jobs;
    const isSpare = first?.origin === undefined;
    if (!isSpare) this.#parts.outlet.batchDone(first.model, { size: room.jobs.length, decodeMs, codewordDrift });
    for (const [i, job] of room.jobs.entries()) this.#jobDone(job, room, i, nowMs, decodeMs);
    const origins = room.jobs.map(({ origin }) => origin);
    if (isSpare) this.#spareDecoding = 0;
    room.release();
    for (const origin of origins) origin?.flush();
    this.#advance(nowMs);
  }

  #jobDone(job: DecodeJob, room: BatchRoom<DecodeJob>, i: number, nowMs: number, decodeMs: number): void {
    const { shape, queuedMs, origin } = job;
    const status = room.status(i);
    if (status === 'late') {
      this.#settle(job, 'late', 'deadline-passed');
    } else if (status !== 'decoded') {
      this.#settle(job, 'invalid', status);
    } else if (origin === undefined && !this.#wants(job)) {
      // Its UE has left or an estimate of a report has come out meanwhile.
      this.#parts.outlet.dropped();
    } else {
      const values = room.estimate(i, shape.numAntennas * shape.numDelays);
      const queueMs = Math.max(0, nowMs - decodeMs - queuedMs);
      this.#parts.outlet.decoded({ ...job, values, queueMs, decodeMs, published: room.published });
      this.watch.estimated(job.ueId, job.epoch, job.slot);
      if (origin !== undefined) this.#settle(job, 'decoded', 'estimate-published');
      return;
    }
    this.#standIn(job, nowMs);
  }

  /** Settles jobs whose batch is lost. */
  #lost(jobs: readonly DecodeJob[], reason: LossReason): void {
    this.#fail(jobs, reason === 'deadline-passed' ? 'late' : 'shed', reason);
    for (const job of jobs) {
      if (job.origin !== undefined) continue;
      this.#spareDecoding = 0;
      if (this.#wants(job)) this.#parts.outlet.unreplaced(job.ueId, job.epoch);
    }
    this.#resume();
  }

  /** Looks for work after a change in the decoder; sheds everything where no decoder is left. */
  #resume(): void {
    if (this.decoder.down) this.#shedAll('no-decoder');
    else this.#advance(this.#parts.options.clock());
  }

  #enqueue(job: DecodeJob, nowMs: number): void {
    const { model, ueId, deadlineMs, origin } = job;
    const priority = origin === undefined ? 'spare' : 'report';
    const superseded = this.queues.push(model, ueId, deadlineMs, job, nowMs, priority);
    if (superseded !== undefined) this.#settle(superseded, 'superseded', 'newer-report');
    if (priority === 'spare') return;
    this.#fail(this.queues.takeExcess(model, this.#parts.queueBound()), 'shed', 'queue-full');
  }

  #advance(nowMs: number): void {
    const { uplinkOnly, outlet } = this.#parts;
    this.#feed(nowMs);
    if (!this.decoder.serving) this.#fail(this.queues.takeLate(nowMs), 'late', 'deadline-passed');
    for (const { ueId, epoch, uplinkSlot } of this.watch.takeLost(nowMs)) {
      const uplink = uplinkOnly && this.join.uplinkAt(ueId, uplinkSlot, uplinkOnly.csi);
      outlet.lost();
      this.#replace({ ueId, epoch, slot: uplinkSlot }, uplink, nowMs);
    }
    if (this.queues.size === 0) while (this.#dispatch('spare', nowMs));
    const queueMs = this.queues.wakeMs(nowMs, this.decoder.serving);
    this.#timer.arm(Math.min(this.join.nextExpiryMs, this.watch.nextLossMs, queueMs), nowMs);
    this.#checkEmpty();
  }

  /** Gives the decoders what reports they can take. */
  #feed(nowMs: number): void {
    for (const job of this.join.takeExpired(nowMs)) this.#enqueue(job, nowMs);
    while (this.#dispatch('report', nowMs));
  }

  /** Sends the most urgent batch that a decoder can take. @returns false where there is none */
  #dispatch(priority: Priority, nowMs: number): boolean {
    const isSpare = priority === 'spare';
    if (isSpare && this.#spareDecoding > 0) return false;
    for (const [model, batcher] of this.queues.ready(priority, nowMs)) {
      const room = this.decoder.claim(batcher.full && !isSpare, model);
      if (room === undefined) continue;
      const { jobs, late } = batcher.take(nowMs);
      this.#fail(late, 'late', 'deadline-passed');
      const wanted = isSpare ? jobs.filter((job) => this.#wants(job)) : jobs;
      for (let i = wanted.length; i < jobs.length; i++) this.#parts.outlet.dropped();
      if (wanted.length === 0) {
        room.release();
        return true;
      }
      if (isSpare) this.#spareDecoding = wanted.length;
      room.dispatch(model, wanted);
      return true;
    }
    return false;
  }

  /** Whether an estimate would still be news. */
  #wants({ ueId, epoch, slot }: Pick<DecodeJob, 'ueId' | 'epoch' | 'slot'>): boolean {
    return !this.#stopped && this.watch.wants(ueId, epoch, slot);
  }

  /** Has the best uplink of a report that is given up decoded in its place: one may have come since it was joined. */
  #standIn(job: DecodeJob, nowMs: number): void {
    if (job.origin === undefined) return;
    const { uplinkOnly } = this.#parts;
    const isUsable = uplinkOnly !== undefined && sameShape(uplinkOnly.csi, job.shape);
    const own = job.quality === 'fresh' ? job.uplink : undefined;
    const best = own ?? this.join.uplinkFor(job) ?? job.uplink;
    this.#replace(job, isUsable ? best : undefined, nowMs);
  }

  /** Puts an uplink in the place of a report, unless there is an estimate that is as new. */
  #replace(
    { ueId, epoch, slot }: Pick<DecodeJob, 'ueId' | 'epoch' | 'slot'>,
    uplink: ArrivedUplink | undefined,
    nowMs: number,
  ): void {
    const { uplinkOnly, outlet, options } = this.#parts;
    if (!this.#wants({ ueId, epoch, slot: uplink?.slot ?? slot })) return;
    // Without a decoder it would only grow old.
    if (uplinkOnly === undefined || uplink === undefined || !this.decoder.serving) outlet.unreplaced(ueId, epoch);
    else this.#enqueue(uplinkOnlyJob(ueId, epoch, uplinkOnly.id, uplink, nowMs, nowMs + options.deadlineMs), nowMs);
  }

  /** Settles jobs that had their turn in vain; the uplinks of reports may still be decoded alone. */
  #fail(jobs: readonly DecodeJob[], outcome: ReportOutcome, reason: SettleReason): void {
    if (jobs.length === 0) return;
    this.#settleNow(jobs, outcome, reason);
    const nowMs = this.#parts.options.clock();
    for (const job of jobs) this.#standIn(job, nowMs);
  }

  #shedAll(reason: SettleReason): void {
    this.#settleNow([...this.join.takeAll(), ...this.queues.takeAll()], 'shed', reason);
    this.#checkEmpty();
  }

  #checkEmpty(): void {
    if (this.#stopped && this.inFlight === 0) this.#onceEmpty?.();
  }

  /** Says what became of a report, or counts a job without one that came to nothing. */
  #settle({ model, seq, origin }: Settled, outcome: ReportOutcome, reason: SettleReason): void {
    if (origin === undefined) {
      this.#parts.outlet.dropped();
      return;
    }
    this.#parts.outlet.settled(model, outcome, reason);
    origin.settle(seq, outcome, reason);
  }

  #settleNow(jobs: readonly Settled[], outcome: ReportOutcome, reason: SettleReason): void {
    for (const job of jobs) this.#settle(job, outcome, reason);
    for (const { origin } of jobs) origin?.flush();
  }
}

type Settled = Pick<DecodeJob, 'model' | 'seq' | 'origin'>;
