import { CsiError } from '@edge-csi/csi';
import { encodeFrame } from '@edge-csi/proto';
import type { BatchDecoder, BatchRoom, LossReason } from '../decode/batch-decoder.ts';
import type { BatchSizes } from '../decode/batch-layout.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import type { ModelTally } from '../ops/model-tally.ts';
import type { BatchQueues } from '../queue/batch-queues.ts';
import type { Broker, BrokerMessage, BrokerSubscription, ClusterTally } from './broker.ts';
import { type BatchRefusal, writeRefused, writeTaken } from './decode-answer.ts';
import { assertRequestFits, type ReadRequest, readDecodeRequest } from './decode-request.ts';
import { OpenRequest, type WorkerJob, workerEstimateOf } from './open-request.ts';
import { decodeQueue, decodeSubject, estimateSubject, workerSubject } from './subjects.ts';

/** What a service must know of a model to take requests for it. */
type ServiceModel = Pick<WorkerModel, 'key' | 'sizes'>;

export interface DecodeServiceParts {
  readonly broker: Broker;
  readonly worker: string;
  readonly decoder: BatchDecoder<WorkerJob>;
  readonly queues: BatchQueues<WorkerJob>;
  /** Models at the start. */
  readonly models: Iterable<ServiceModel>;
  /** Jobs that may wait for one model's decoder; a request beyond that is refused. */
  readonly maxQueueSize: number;
  /** How late the event loop is: a message may have waited that long already. */
  readonly lagMs: () => number;
  readonly tally: ClusterTally;
  readonly modelTally: Pick<ModelTally, 'accept' | 'settle' | 'batch'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Lateness of the event loop after which messages may be of any age: the process was frozen, and others have its work. */
const maxLagMs = 250;

/**
 * The work of a decode worker: takes requests, batches the jobs of all gateways anew, decodes, answers, and publishes the
 * estimates. It is in the queue group only while its decoders take batches.
 */
export class DecodeService {
  readonly #parts: DecodeServiceParts;
  /** By key. */
  readonly #models: Map<string, BatchSizes>;
  /** By model, while in the group. */
  readonly #group = new Map<string, BrokerSubscription>();
  readonly #direct: BrokerSubscription;
  readonly #open = new Set<OpenRequest>();
  readonly #waiting: (() => void)[] = [];
  #draining = false;
  #lastJob = 0;
  /** What a batch takes, by the latest few. */
  #decodeMs = 0;

  constructor(parts: DecodeServiceParts) {
    this.#parts = parts;
    this.#models = new Map([...parts.models].map(({ key, sizes }) => [key, sizes]));
    this.#direct = parts.broker.subscribe(workerSubject(parts.worker), (message) => this.#take(message));
  }

  /** Keys of the models that are decoded. */
  get models(): readonly string[] {
    return [...this.#models.keys()];
  }

  /** True while the queue group gives batches to this worker. */
  get inGroup(): boolean {
    return this.#group.size > 0;
  }

  get draining(): boolean {
    return this.#draining;
  }

  /** Requests that are not answered. */
  get open(): number {
    return this.#open.size;
  }

  /** Jobs in front of the decoders and with them. */
  get load(): number {
    return this.#parts.queues.size + this.#parts.decoder.inFlight;
  }

  /** Joins or leaves the queue group as the decoders can or cannot; to be asked at a steady pace and on their news. */
  update(): void {
    const { decoder, broker, queues, clock } = this.#parts;
    if (decoder.serving && !this.#draining) {
      for (const model of this.#models.keys()) {
        if (this.#group.has(model)) continue;
        this.#group.set(
          model,
          broker.subscribe(decodeSubject(model), (message) => this.#take(message), decodeQueue),
        );
      }
    } else if (!decoder.serving) {
      for (const model of [...this.#group.keys()]) void this.#leave(model);
      for (const { request } of queues.takeAll()) this.#refuse(request, 'not-serving');
    }
    this.#pump(clock());
  }

  /** Decodes one more model from now on. */
  add({ key, sizes }: ServiceModel): void {
    this.#models.set(key, sizes);
    this.update();
  }

  /** Takes no more batches of a model and waits until those it has are answered. */
  async remove(model: string): Promise<void> {
    this.#models.delete(model);
    await this.#leave(model);
    await this.#until(() => ![...this.#open].some((request) => request.model === model));
    this.#parts.queues.remove(model);
  }

  /** Leaves the group and waits until everything that was on its way is answered, at most `timeoutMs`. */
  async drain(timeoutMs: number): Promise<void> {
    this.#draining = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    await Promise.race([this.#drained(), late]);
    clearTimeout(timer);
    for (const request of [...this.#open]) this.#refuse(request, 'draining');
    await this.#parts.broker.flush();
  }

  /** Takes a batch back from the decoder. */
  finish(room: BatchRoom<WorkerJob>, decodeMs: number, codewordDrift: number | undefined): void {
    const { clock, modelTally } = this.#parts;
    const nowMs = clock();
    this.#decodeMs += (decodeMs - this.#decodeMs) / 4;
    // The decoder gets its next batch, in another room, before this one is read.
    this.#pump(nowMs);
    const { jobs } = room;
    const requests = new Set(jobs.map(({ request }) => request));
    for (const request of requests) request.answer.batchDone(decodeMs, codewordDrift);
    const [first] = jobs;
    if (first !== undefined) modelTally.batch(first.request.model, { decodeMs, codewordDrift });
    for (const [i, job] of jobs.entries()) this.#finishJob(room, i, job, nowMs, decodeMs);
    room.release();
    for (const request of requests) this.#answerComplete(request);
    this.#pump(nowMs);
  }

  /** Refuses the requests of a batch that is lost: another worker may fare better. */
  lose(jobs: readonly WorkerJob[], _reason: LossReason): void {
    for (const { request } of jobs) this.#refuse(request, 'failed');
    this.update();
  }

  async #drained(): Promise<void> {
    await Promise.all([...this.#group.keys()].map((model) => this.#leave(model)));
    await this.#until(() => this.#open.size === 0);
    await this.#direct.drain();
    await this.#until(() => this.#open.size === 0);
  }

  async #leave(model: string): Promise<void> {
    const subscription = this.#group.get(model);
    this.#group.delete(model);
    await subscription?.drain();
  }

  /** Waits for what comes about when a request is closed. */
  async #until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #take({ data, reply }: BrokerMessage): void {
    const { broker, worker, decoder, queues, tally, maxQueueSize, clock, lagMs, modelTally } = this.#parts;
    const request = this.#read(data, reply);
    if (request === undefined) return;
    const { model, jobs } = request;
    const isFull = queues.sizeOf(model) + jobs.length > Math.max(maxQueueSize, jobs.length);
    const waitedMs = lagMs();
    const isServing = decoder.serving && waitedMs <= maxLagMs;
    const refusal = this.#models.has(model) ? (isServing ? isFull && 'busy' : 'not-serving') : 'unknown-model';
    if (refusal !== false) {
      this.#turnAway(reply, refusal);
      return;
    }
    broker.publish(reply, writeTaken(worker));
    tally.requests.add();
    const nowMs = clock();
    const open = new OpenRequest(request, reply, nowMs);
    this.#open.add(open);
    for (const [index, job] of jobs.entries()) {
      modelTally.accept(model);
      const deadlineMs = nowMs + job.remainingMs - waitedMs;
      const ageMs = job.ageMs + waitedMs;
      queues.push(
        model,
        String(++this.#lastJob),
        deadlineMs,
        { ...job, ageMs, request: open, index, deadlineMs },
        nowMs,
      );
    }
    this.#pump(nowMs);
  }

  #read(data: Uint8Array, reply: string): ReadRequest | undefined {
    try {
      // Whoever asks for no answer is no gateway, and could not be told what becomes of it.
      if (reply === '') throw new CsiError('payload-invalid', 'decode request: no reply subject');
      const request = readDecodeRequest(data);
      const sizes = this.#models.get(request.model);
      if (sizes !== undefined) assertRequestFits(request, sizes);
      return request;
    } catch (error) {
      if (!(error instanceof CsiError || error instanceof TypeError)) throw error;
      this.#parts.tally.invalid.add();
      this.#turnAway(reply, 'invalid');
      return undefined;
    }
  }

  #pump(nowMs: number): void {
    while (this.#dispatch(nowMs));
  }

  /** Sends the most urgent batch that a decoder can take. @returns false where there is none */
  #dispatch(nowMs: number): boolean {
    const { queues, decoder } = this.#parts;
    for (const [model, batcher] of queues.ready('report', nowMs)) {
      const room = decoder.claim(batcher.full, model);
      if (room === undefined) continue;
      // What cannot be done in time would only keep the decoder from what can.
      const { jobs, late } = batcher.take(nowMs + this.#decodeMs);
      // One long batch must not keep all others out.
      if (late.length > 0) this.#decodeMs /= 2;
      this.#settleLate(late.filter(({ request }) => !request.refused));
      const wanted = jobs.filter(({ request }) => !request.refused);
      if (wanted.length === 0) {
        room.release();
        return true;
      }
      room.dispatch(model, wanted);
      return true;
    }
    return false;
  }

  #settleLate(late: readonly WorkerJob[]): void {
    for (const { request, index } of late) {
      request.settle(index, 'late');
      this.#parts.modelTally.settle(request.model, 'late');
    }
    for (const request of new Set(late.map((job) => job.request))) this.#answerComplete(request);
  }

  #finishJob(room: BatchRoom<WorkerJob>, i: number, job: WorkerJob, nowMs: number, decodeMs: number): void {
    const { request, index } = job;
    if (request.refused) return;
    // Its gateway has given it up by now, and whoever listens at the broker should not hear of it either.
    const status = job.deadlineMs <= nowMs ? 'late' : room.status(i);
    const estimate = status === 'decoded' ? room.estimate(i, request.numEntries) : undefined;
    request.settle(index, status, estimate);
    const outcome = status === 'decoded' || status === 'late' ? status : 'invalid';
    this.#parts.modelTally.settle(request.model, outcome);
    if (estimate === undefined) return;
    const frame = encodeFrame('estimate', workerEstimateOf(job, estimate, nowMs, decodeMs));
    this.#parts.broker.publish(estimateSubject(request.cell, job.ueId), frame);
  }

  #answerComplete(request: OpenRequest): void {
    if (!request.complete || request.refused) return;
    this.#close(request);
    this.#parts.broker.publish(request.reply, request.answer.bytes);
  }

  #refuse(request: OpenRequest, refusal: BatchRefusal): void {
    const left = request.refuse();
    if (left === 0) return;
    for (let i = 0; i < left; i++) this.#parts.modelTally.settle(request.model, 'shed');
    this.#close(request);
    this.#turnAway(request.reply, refusal);
  }

  #close(request: OpenRequest): void {
    this.#open.delete(request);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #turnAway(reply: string, refusal: BatchRefusal): void {
    const { broker, tally, worker } = this.#parts;
    tally.refusals.add(refusal);
    if (reply !== '') broker.publish(reply, writeRefused(worker, refusal));
  }
}
