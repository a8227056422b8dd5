import { type AngularDelayCsi, assertUsable, type MeasuredCsi } from '@edge-csi/csi';
import type { ReportManifest } from '@edge-csi/models';
import { protocolVersion, type ReportConfig, WireError } from '@edge-csi/proto';
import type { Connection } from './connection.ts';
import { ModelSlot } from './model-slot.ts';
import {
  type ConnectOptions,
  type ReportResult,
  type ResolvedOptions,
  resolveOptions,
  type UeState,
} from './options.ts';
import { type ReportJob, ReportQueue } from './report-queue.ts';
import { type SentReport, Session, type Terms } from './session.ts';
import { abortable, type Backoff, createBackoff, delay } from './wait.ts';

/** A UE in session with a BS. */
export interface Ue extends AsyncDisposable {
  readonly state: UeState;
  /** What the BS wants reported, as of the next report. */
  readonly config: ReportConfig;
  /** Of the model in use: what CSI it takes, and how. */
  readonly manifest: ReportManifest;
  /** Resolves when the UE has ended: with the error that ended it, with nothing after `close()`. Never rejects. */
  readonly closed: Promise<Error | undefined>;
  /**
   * Encodes and sends one CSI matrix, after those handed over before it. While there is no connection one report waits,
   * the newest.
   *
   * @param csi copied before this returns
   * @returns when the report is handed to the socket
   * @throws CsiError `csi-invalid` where the matrix is unusable; later reports are not affected
   * @throws WireError `superseded` where a newer report took its place before it was sent; else why the UE has ended
   */
  report(csi: AngularDelayCsi, at: { readonly slot: number }): Promise<SentReport>;
  /**
   * Keeps a CSI matrix that is not reported, for reports that tell how the channel goes on. Matrices of reports are kept
   * without it; a UE that moves fast measures more often. Does nothing where the model has no use for it.
   *
   * @param csi copied before this returns
   */
  measure(csi: AngularDelayCsi, at: { readonly slot: number }): void;
  /** Waits until every report handed over is sent and answered, or lost with its connection. */
  drain(signal?: AbortSignal): Promise<void>;
  /** Leaves the BS and releases the model. Reports not yet sent reject. Safe to call again. */
  close(): Promise<void>;
}

const maxSlot = 2 ** 32 - 1;

interface Drain {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A copy of a usable matrix: the caller may fill the same buffer again at once. */
function ownOf(csi: AngularDelayCsi, slot: number): AngularDelayCsi {
  if (!Number.isInteger(slot) || slot < 0 || slot > maxSlot) {
    throw new RangeError(`slot is ${slot}, must be an integer in 0..${maxSlot}`);
  }
  assertUsable(csi);
  return { ...csi, values: csi.values.slice() };
}

/** Keeps a session with the BS up, and passes reports through the model to it one after the other. */
class Client implements Ue {
  readonly closed: Promise<Error | undefined>;
  readonly #options: ResolvedOptions;
  readonly #models: ModelSlot;
  readonly #backoff: Backoff;
  readonly #queue = new ReportQueue<SentReport>();
  /** Oldest first. */
  readonly #measured: MeasuredCsi[] = [];
  readonly #drains = new Set<Drain>();
  readonly #lifetime = new AbortController();
  #resolveClosed: (error: Error | undefined) => void = () => undefined;
  #state: UeState = 'connecting';
  #session: Session | undefined;
  #connection: Connection | undefined;
  #terms: Terms | undefined;
  #isPumping = false;
  #pumped = Promise.resolve();
  /** Why nothing can be sent any more. */
  #end: Error | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#models = new ModelSlot(options);
    this.#backoff = createBackoff(options.reconnect);
    this.closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
  }

  get state(): UeState {
    return this.#state;
  }

  get manifest(): ReportManifest {
    return (this.#terms as Terms).model.bundle.manifest;
  }

  get config(): ReportConfig {
    // The first session sets it, before anybody holds a client.
    return (this.#terms as Terms).config;
  }

  async connect(signal: AbortSignal): Promise<void> {
    this.#setState('connecting');
    try {
      await this.#establish(signal).catch((error) => {
        if (!this.#options.reconnect.waitOnFirstConnect) throw error;
        return this.#reconnect(error, signal);
      });
    } catch (error) {
      this.#setState('closed', error as Error);
      throw error;
    }
    void this.#keepUp();
  }

  async report(csi: AngularDelayCsi, { slot }: { readonly slot: number }): Promise<SentReport> {
    const handedOverMs = this.#options.clock.nowMs();
    const own = ownOf(csi, slot);
    if (this.#end !== undefined) throw this.#end;
    this.#keep({ csi: own, slot });
    return new Promise((resolve, reject) => {
      this.#queue.push({ csi: own, slot, handedOverMs, resolve, reject });
      this.#pump();
    });
  }

  measure(csi: AngularDelayCsi, { slot }: { readonly slot: number }): void {
    this.#keep({ csi: ownOf(csi, slot), slot });
  }

  #keep(measured: MeasuredCsi): void {
    this.#measured.push(measured);
    const excess = this.#measured.length - ((this.#terms as Terms).model.codec.matricesKept ?? 0);
    if (excess > 0) this.#measured.splice(0, excess);
  }

  async drain(signal: AbortSignal = new AbortController().signal): Promise<void> {
    signal.throwIfAborted();
    if (this.#end !== undefined) throw this.#end;
    let drain: Drain | undefined;
    const drained = new Promise<void>((resolve, reject) => {
      drain = { resolve, reject };
      this.#drains.add(drain);
    });
    this.#checkDrained();
    try {
      await abortable(drained, signal);
    } finally {
      if (drain !== undefined) this.#drains.delete(drain);
    }
  }

  async close(): Promise<void> {
    this.#lifetime.abort(new WireError('closed', 'the UE is closed'));
    await this.#connection?.close();
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Serves one session after the other until one ends for good. */
  async #keepUp(): Promise<void> {
    let error: Error | undefined;
    while (error === undefined && this.#connection !== undefined) {
      const reason = await this.#connection.ended;
      this.#session = undefined;
      this.#queue.capacity = 1;
      this.#checkDrained();
      try {
        await this.#reconnect(this.#renewable(reason), this.#lifetime.signal);
      } catch (final) {
        error = final as Error;
      }
    }
    await this.#finish(error as Error);
  }

  /** A BS that took a token and ends the session for it has seen it expire: with a source of fresh ones, go on. */
  #renewable(reason: Error): Error {
    const { token } = this.#options;
    if (!(reason instanceof WireError) || reason.code !== 'unauthorized' || typeof token === 'string') return reason;
    return new WireError(reason.code, reason.message, { cause: reason, retryable: true });
  }

  /** @throws what failed last, where trying again is no use */
  async #reconnect(reason: unknown, signal: AbortSignal): Promise<void> {
    let error = reason;
    while (error instanceof WireError && error.retryable) {
      this.#setState('reconnecting', error);
      await delay(this.#backoff.nextDelayMs(), signal);
      try {
        return await this.#establish(signal);
      } catch (failure) {
        error = failure;
      }
    }
    throw error;
  }

  async #establish(signal: AbortSignal): Promise<void> {
    const session = new Session(this.#options, this.#models, {
      // A report in the making still uses the model in force: the pump adopts the terms before the next one.
      onTerms: () => {
        if (session === this.#session && !this.#isPumping) this.#adopt(session);
      },
      onResult: (result) => this.#settle(result),
      onReject: (error) => this.#options.onReject?.(error),
    });
    const { ueId, token } = this.#options;
    const current = typeof token === 'string' ? token : await abortable(Promise.resolve(token()), signal);
    const hello = { ueId, token: current, protocol: protocolVersion, models: this.#models.refs, remembers: true };
    const connection = await session.open(hello, signal);
    if (signal.aborted) {
      void connection.close();
      throw signal.reason;
    }
    this.#connection = connection;
    this.#session = session;
    this.#queue.capacity = this.#options.maxWaiting;
    if (!this.#isPumping) this.#adopt(session);
    this.#setState('ready');
    this.#pump();
  }

  #adopt(session: Session): void {
    const terms = session.takeTerms();
    if (terms === undefined) return;
    const isFirst = this.#terms === undefined;
    this.#models.install(terms.model);
    this.#terms = terms;
    if (!isFirst) this.#options.onReconfigure?.(terms.config);
  }

  #pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    this.#pumped = this.#sendWaiting();
  }

  async #sendWaiting(): Promise<void> {
    for (;;) {
      const session = this.#session;
      if (session === undefined || !session.isOpen || session.unacknowledged >= this.#options.maxUnacknowledged) break;
      this.#adopt(session);
      const job = this.#queue.shift();
      if (job === undefined) break;
      await this.#encodeAndSend(job, session, this.#terms as Terms);
    }
    this.#isPumping = false;
    this.#checkDrained();
  }

  async #encodeAndSend(job: ReportJob<SentReport>, session: Session, terms: Terms): Promise<void> {
    try {
      const startedMs = this.#options.clock.nowMs();
      const payload = await terms.model.reports.encode(job.csi, terms.rate, {
        slot: job.slot,
        measured: this.#measured,
        memory: session.recall(terms),
      });
      if (this.#end !== undefined) job.reject(this.#end);
      // The session it was made for is gone; the next one may ask for something else.
      else if (session !== this.#session || !session.isOpen) this.#queue.unshift(job);
      else job.resolve(session.send(payload, terms, { slot: job.slot, handedOverMs: job.handedOverMs, startedMs }));
    } catch (error) {
      job.reject(error as Error);
    }
  }

  #settle(result: ReportResult): void {
    if (result.outcome !== 'lost') this.#backoff.reset();
    this.#options.onAck?.(result);
    this.#pump();
    this.#checkDrained();
  }

  #checkDrained(): void {
    if (this.#isPumping || this.#queue.length > 0 || (this.#session?.unacknowledged ?? 0) > 0) return;
    for (const drain of this.#drains) drain.resolve();
  }

  async #finish(error: Error): Promise<void> {
    this.#end = error;
    this.#queue.rejectAll(error);
    for (const drain of this.#drains) drain.reject(error);
    // Encoding may be under way.
    await this.#pumped;
    await this.#models.close();
    const reason = this.#lifetime.signal.aborted ? undefined : error;
    // First, so that close() returns even where onStateChange throws.
    this.#resolveClosed(reason);
    this.#setState('closed', reason);
  }

  #setState(state: UeState, error?: Error): void {
    this.#state = state;
    this.#options.onStateChange?.(state, error);
  }
}

/**
 * Connects to a BS, gets the model it asks for ready, and keeps the connection up from then on.
 *
 * @throws WireError or CsiError why the BS refused or the model is unusable; the signal's reason where it aborts first
 * @throws RangeError or TypeError naming an option that makes no sense
 */
export async function connectUe(options: ConnectOptions): Promise<Ue> {
  const client = new Client(resolveOptions(options));
  await client.connect(options.signal ?? new AbortController().signal);
  return client;
}
