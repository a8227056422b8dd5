import { type AngularDelayCsi, assertUsable } from '@edge-csi/csi';
import type { ReportManifest } from '@edge-csi/models';
import { protocolVersion, type ReportConfig, WireError } from '@edge-csi/proto';
import { abortable } from './abortable.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import { delay } from './delay.ts';
import { Link, type SentReport, type Terms } from './link.ts';
import { ModelSlot } from './model-slot.ts';
import type { ReportResult, ResolvedOptions, UeState } from './options.ts';
import { type ReportJob, ReportQueue } from './report-queue.ts';
import type { Session } from './session.ts';
import type { Ue } from './ue.ts';

const maxSlot = 2 ** 32 - 1;

interface Drain {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** A UE: keeps a link to the BS up, and passes reports through the model to it one after the other. */
export class Client implements Ue {
  readonly closed: Promise<Error | undefined>;
  readonly #options: ResolvedOptions;
  readonly #models: ModelSlot;
  readonly #backoff: Backoff;
  readonly #queue = new ReportQueue<SentReport>();
  readonly #drains = new Set<Drain>();
  readonly #lifetime = new AbortController();
  #resolveClosed: (error: Error | undefined) => void = () => undefined;
  #state: UeState = 'connecting';
  #link: Link | undefined;
  #session: Session | undefined;
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
    // The first link sets it, before anybody holds a client.
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
    if (!Number.isInteger(slot) || slot < 0 || slot > maxSlot) {
      throw new RangeError(`slot is ${slot}, must be an integer in 0..${maxSlot}`);
    }
    assertUsable(csi);
    if (this.#end !== undefined) throw this.#end;
    return new Promise((resolve, reject) => {
      // The caller may fill the same buffer again at once.
      const own = { ...csi, values: csi.values.slice() };
      this.#queue.push({ csi: own, slot, handedOverMs, resolve, reject });
      this.#pump();
    });
  }

  drain(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.throwIfAborted();
      if (this.#end !== undefined) throw this.#end;
      const onAbort = () => drain.reject(signal?.reason);
      const settle = () => {
        signal?.removeEventListener('abort', onAbort);
        this.#drains.delete(drain);
      };
      const drain: Drain = {
        resolve: () => {
          settle();
          resolve();
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#drains.add(drain);
      this.#checkDrained();
    });
  }

  async close(): Promise<void> {
    this.#lifetime.abort(new WireError('closed', 'the UE is closed'));
    await this.#session?.close();
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Serves one link after the other until one ends for good. */
  async #keepUp(): Promise<void> {
    let error: Error | undefined;
    while (error === undefined && this.#session !== undefined) {
      const reason = await this.#session.ended;
      this.#link = undefined;
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
    const link = new Link(this.#options, this.#models, {
      // A report in the making still uses the model in force: the pump adopts the terms before the next one.
      onTerms: () => {
        if (link === this.#link && !this.#isPumping) this.#adopt(link);
      },
      onResult: (result) => this.#settle(result),
      onReject: (error) => this.#options.onReject?.(error),
    });
    const { ueId, token } = this.#options;
    const current = typeof token === 'string' ? token : await abortable(Promise.resolve(token()), signal);
    const hello = { ueId, token: current, protocol: protocolVersion, models: this.#models.refs };
    const session = await link.open(hello, signal);
    if (signal.aborted) {
      void session.close();
      throw signal.reason;
    }
    this.#session = session;
    this.#link = link;
    this.#queue.capacity = this.#options.maxWaiting;
    if (!this.#isPumping) this.#adopt(link);
    this.#setState('ready');
    this.#pump();
  }

  #adopt(link: Link): void {
    const terms = link.takeTerms();
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
      const link = this.#link;
      if (link === undefined || !link.isOpen || link.unacknowledged >= this.#options.maxUnacknowledged) break;
      this.#adopt(link);
      const job = this.#queue.shift();
      if (job === undefined) break;
      await this.#encodeAndSend(job, link, this.#terms as Terms);
    }
    this.#isPumping = false;
    this.#checkDrained();
  }

  async #encodeAndSend(job: ReportJob<SentReport>, link: Link, terms: Terms): Promise<void> {
    try {
      const startedMs = this.#options.clock.nowMs();
      const payload = await terms.model.reports.encode(job.csi, terms.rate);
      if (this.#end !== undefined) job.reject(this.#end);
      // The link it was made for is gone; the next one may ask for something else.
      else if (link !== this.#link || !link.isOpen) this.#queue.unshift(job);
      else job.resolve(link.send(payload, terms, { slot: job.slot, handedOverMs: job.handedOverMs, startedMs }));
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
    if (this.#isPumping || this.#queue.length > 0 || (this.#link?.unacknowledged ?? 0) > 0) return;
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
