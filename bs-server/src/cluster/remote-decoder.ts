import { CsiError } from '@edge-csi/csi';
import type { BatchDecoder, BatchListener, LossReason } from '../decode/batch-decoder.ts';
import type { WorkerModel } from '../decode/thread-port.ts';
import type { ResolvedOptions } from '../options.ts';
import type { DecodeJob } from '../queue/decode-job.ts';
import type { Broker, BrokerListener, BrokerMessage, ClusterTally, ConnectBroker } from './broker.ts';
import { readWorkerMessage, type WorkerMessage } from './decode-answer.ts';
import { assertBatchFits, writeDecodeRequest } from './decode-request.ts';
import {
  type Attempt,
  answers,
  attemptOf,
  latestDeadlineMs,
  lossOf,
  maxAttempts,
  type Pending,
  RemoteRoom,
  shapeOf,
  takenWithinMs,
} from './remote-batch.ts';
import { answerSubject, answersOf, decodeSubject, requestOf, workerSubject } from './subjects.ts';
import { WorkerWatch } from './worker-table.ts';

/** Pace at which closing looks whether batches are back. */
const pollMs = 4;

export interface RemoteDecoderOptions extends Pick<ResolvedOptions, 'cell' | 'maxBatchSize' | 'clock'> {
  readonly connect: ConnectBroker;
  /** Name of this gateway among all: a token of a subject. */
  readonly gateway: string;
  /** Whether anybody wants estimates from this gateway at present. */
  readonly wantsEstimates: () => boolean;
  readonly tally: ClusterTally;
  /** Models at the start. */
  readonly models: readonly Pick<WorkerModel, 'key' | 'sizes'>[];
}

/**
 * Decodes on workers elsewhere, over a message broker.
 *
 * A batch goes to the queue group of its model version, where the broker picks a worker. The worker says at once that it
 * has it, and later what came of it. Where that word does not come, or the worker falls silent or refuses, the batch goes
 * once more to another worker, by name, if its deadline allows; the first answer counts. At the deadline it is given up.
 */
export class RemoteDecoder implements BatchDecoder<DecodeJob> {
  readonly #options: RemoteDecoderOptions;
  readonly #listener: BatchListener<DecodeJob>;
  readonly #workers: WorkerWatch;
  /** Rooms that are not released. */
  readonly #rooms = new Set<RemoteRoom>();
  /** Of these, the ones whose batch is not back, with their model. */
  readonly #open = new Map<RemoteRoom, string>();
  /** Models that may be used before a worker is heard of. */
  readonly #known: Set<string>;
  readonly #pending = new Map<number, Pending>();
  #lastId = 0;
  #broker: Broker | undefined;

  constructor(options: RemoteDecoderOptions, listener: BatchListener<DecodeJob>) {
    this.#options = options;
    this.#listener = listener;
    this.#known = new Set(options.models.map(({ key }) => key));
    this.#workers = new WorkerWatch({
      onChanged: () => this.#listener.changed({ kind: 'group-changed', decoders: this.#workers.table.decoders() }),
      onSilent: (workers) => this.#workersSilent(workers),
      onInvalid: () => options.tally.invalid.add(),
      clock: options.clock,
    });
  }

  /** True while there is a connection and a worker that decodes anything. */
  get serving(): boolean {
    return this.connected && this.#workers.table.decoders() > 0;
  }

  get connected(): boolean {
    return this.#broker?.connected ?? false;
  }

  /** Never: the broker and workers may come back. */
  get down(): boolean {
    return false;
  }

  get inFlight(): number {
    let jobs = 0;
    for (const room of this.#rooms) jobs += room.jobs.length;
    return jobs;
  }

  get numServing(): number {
    return this.#workers.table.decoders();
  }

  /** Whoever is stuck has left the group. */
  get numStuck(): number {
    return 0;
  }

  /** Workers that are heard of. */
  get workers(): number {
    return this.#workers.table.size;
  }

  /** Batches with workers or on their way. */
  get requests(): number {
    return this.#pending.size;
  }

  /** True where a worker is heard of that decodes a model, and can be reached. */
  serves(model: string): boolean {
    return this.connected && this.#workers.table.decoders(model) > 0;
  }

  async start(): Promise<undefined> {
    const { connect, gateway, models, maxBatchSize } = this.#options;
    this.#broker = await connect(this.#news());
    for (const model of models) assertBatchFits(model, maxBatchSize, this.#broker.maxPayload);
    this.#broker.subscribe(answersOf(gateway), (message) => this.#answered(message));
    this.#workers.start(this.#broker);
    await this.#broker.flush();
  }

  claim(fullBatch: boolean, model: string): RemoteRoom | undefined {
    if (!this.connected || this.#workers.expected) return undefined;
    if (!this.#workers.table.hasRoom(model, [...this.#open.values()], fullBatch ? 2 : 1)) return undefined;
    const room: RemoteRoom = new RemoteRoom({
      send: (key) => this.#dispatch(room, key),
      released: () => {
        this.#rooms.delete(room);
        this.#open.delete(room);
      },
    });
    this.#rooms.add(room);
    this.#open.set(room, model);
    return room;
  }

  #dispatch(room: RemoteRoom, model: string): void {
    const untilMs = latestDeadlineMs(room.jobs);
    const wantsEstimates = this.#options.wantsEstimates();
    const id = ++this.#lastId;
    const timer = setTimeout(() => this.#lose(pending, 'deadline-passed'), Math.ceil(untilMs - this.#options.clock()));
    const pending: Pending = { id, room, model, untilMs, wantsEstimates, timer, numSent: 0, attempts: new Set() };
    this.#pending.set(pending.id, pending);
    this.#options.tally.requests.add();
    this.#send(pending, this.#workers.table.hasSuspects ? this.#workers.table.idlest(model) : undefined);
  }

  checkProgress(): void {
    // Workers watch their own decoders.
  }

  async load(model: WorkerModel): Promise<void> {
    const { key } = model;
    assertBatchFits(model, this.#options.maxBatchSize, this.#broker?.maxPayload ?? 0);
    if (this.#known.has(key) || this.#workers.table.decoders(key) > 0) return;
    throw new CsiError('model-state', `no decode worker has ${key}; load it on a worker first`);
  }

  async unload(key: string): Promise<void> {
    // Workers have models for other gateways too.
    this.#known.delete(key);
  }

  async close(timeoutMs: number): Promise<void> {
    const giveUpMs = this.#options.clock() + timeoutMs;
    while (this.#pending.size > 0 && this.#options.clock() < giveUpMs && this.connected) {
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    await this.#workers.stop();
    await this.#broker?.close();
    this.#loseAll();
  }

  /** @param worker - by name; the queue group's choice where absent */
  #send(pending: Pending, worker: string | undefined): void {
    const { cell, gateway, clock } = this.#options;
    const { id, room, model, wantsEstimates, attempts } = pending;
    const nowMs = clock();
    const { jobs } = room;
    const request = { model, cell, shape: shapeOf(jobs), wantsEstimates, jobs };
    const attempt: Attempt = { worker };
    attempts.add(attempt);
    pending.numSent++;
    const subject = worker === undefined ? decodeSubject(model) : workerSubject(worker);
    const isOnItsWay = this.#broker?.publish(subject, writeDecodeRequest(request, nowMs), answerSubject(gateway, id));
    // Not before whoever dispatched it is done with that; the broker would not take it a second time.
    if (isOnItsWay === false) queueMicrotask(() => this.#pending.has(id) && this.#lose(pending, 'broker-refused'));
    // Where there is nobody else, it may still be answered.
    attempt.timer = setTimeout(() => this.#sendAgain(pending, attempt.worker), takenWithinMs(pending, nowMs));
  }

  #answered({ subject, data, noResponders }: BrokerMessage): void {
    const { tally } = this.#options;
    const pending = this.#pending.get(requestOf(subject));
    const message = noResponders ? undefined : this.#read(data);
    if (pending === undefined) {
      if (message?.kind === 'answer') tally.unawaited.add();
    } else if (noResponders) {
      tally.noResponders.add();
      // Said at once: it is of the latest.
      this.#failed(pending, [...pending.attempts].at(-1), 'no-responders');
    } else if (message !== undefined) {
      this.#advance(pending, message);
    }
  }

  #read(data: Uint8Array): WorkerMessage | undefined {
    try {
      return readWorkerMessage(data);
    } catch (error) {
      if (!(error instanceof CsiError)) throw error;
      this.#options.tally.invalid.add();
      return undefined;
    }
  }

  #advance(pending: Pending, message: WorkerMessage): void {
    if (message.kind !== 'answer') {
      const { worker } = message;
      this.#workers.table.sign(worker, this.#options.clock());
      if (message.kind === 'refused') this.#options.tally.refusals.add(message.refusal);
      const attempt = attemptOf(pending, worker);
      if (attempt === undefined) return;
      attempt.worker = worker;
      if (message.kind === 'taken') clearTimeout(attempt.timer);
      else this.#failed(pending, attempt, lossOf(message.refusal));
      return;
    }
    const { answer } = message;
    if (!answers(answer, pending)) {
      this.#options.tally.invalid.add();
      return;
    }
    // A process that was frozen finds it before the timer that would have given it up.
    if (pending.untilMs <= this.#options.clock()) {
      this.#lose(pending, 'deadline-passed');
      return;
    }
    this.#forget(pending);
    pending.room.answer(answer);
    this.#listener.decoded(pending.room, answer.decodeMs, answer.codewordDrift);
  }

  /** Sends a batch to another worker, or gives it up where no attempt is left that may be answered. */
  #failed(pending: Pending, attempt: Attempt | undefined, reason: LossReason): void {
    if (attempt !== undefined) {
      clearTimeout(attempt.timer);
      pending.attempts.delete(attempt);
    }
    if (!this.#sendAgain(pending, attempt?.worker) && pending.attempts.size === 0) this.#lose(pending, reason);
  }

  /** Sends a batch once more where it is not too late and there is another worker. @returns whether it did */
  #sendAgain(pending: Pending, except: string | undefined): boolean {
    const other = this.#workers.table.liveliest(pending.model, except);
    const isLate = pending.untilMs <= this.#options.clock();
    if (isLate || other === undefined || pending.numSent >= maxAttempts || !this.connected) return false;
    this.#options.tally.retries.add();
    this.#send(pending, other);
    return true;
  }

  #lose(pending: Pending, reason: LossReason): void {
    const { jobs } = pending.room;
    this.#forget(pending);
    pending.room.release();
    this.#listener.lost(jobs, reason);
  }

  #loseAll(): void {
    for (const pending of [...this.#pending.values()]) this.#lose(pending, 'broker-lost');
  }

  #forget({ id, room, timer, attempts }: Pending): void {
    clearTimeout(timer);
    for (const attempt of attempts) clearTimeout(attempt.timer);
    this.#pending.delete(id);
    this.#open.delete(room);
  }

  /** What silent workers have goes to others. */
  #workersSilent(workers: readonly string[]): void {
    this.#options.tally.silentWorkers.add(workers.length);
    for (const pending of [...this.#pending.values()]) {
      // Where nobody is left, it does not matter who had it.
      const isHopeless = this.#workers.table.decoders(pending.model) === 0;
      const silent = [...pending.attempts].filter(({ worker }) =>
        worker === undefined ? isHopeless : workers.includes(worker),
      );
      for (const attempt of silent) this.#failed(pending, attempt, 'worker-silent');
    }
  }

  #news(): BrokerListener {
    return this.#options.tally.listener((event) => {
      if (event.kind === 'broker-found') this.#workers.reset();
      if (event.kind === 'broker-lost') this.#loseAll();
      this.#listener.changed(event);
    });
  }
}
