import { type CodecMemory, type Payload, type PayloadBits, type Rate, rateOf } from '@edge-csi/csi';
import {
  encodeFrame,
  type Hello,
  type Hint,
  type ModelRef,
  paths,
  type ReportAck,
  type ReportConfig,
  type ReportOutcome,
  urlUnder,
  type Welcome,
  WireError,
} from '@edge-csi/proto';
import { type Connection, type ConnectionHandlers, openConnection } from './connection.ts';
import type { ActiveModel, ModelSlot } from './model-slot.ts';
import type { ReportResult, ResolvedOptions } from './options.ts';
import { SessionMemory } from './session-memory.ts';

/** A configuration with the model it names, ready to make reports. */
export interface Terms {
  readonly config: ReportConfig;
  /** What of the configuration is for the model's codec. */
  readonly rate: Rate;
  readonly model: ActiveModel;
}

export interface SessionEvents {
  /** `takeTerms` has something. */
  onTerms(session: Session): void;
  onResult(result: ReportResult): void;
  onReject(error: WireError): void;
}

/** A report that left this end. */
export interface SentReport {
  readonly epoch: number;
  readonly seq: number;
  readonly slot: number;
  readonly modelId: string;
  readonly revision: number;
  readonly payloadBits: PayloadBits;
  /** Length of the frame; a WebSocket adds 6 or 8 bytes. */
  readonly wireBytes: number;
  /** The UE's whole computation, from the CSI to the frame; waiting for earlier reports or a connection not included. */
  readonly encodeMs: number;
  /** On the clock of the options. */
  readonly sentAtMs: number;
}

/** When a report was handed over, and when its computation began. */
export interface ReportTiming {
  readonly slot: number;
  readonly handedOverMs: number;
  readonly startedMs: number;
}

/** A model on its way, and the configuration to adopt with it. */
interface Loading {
  config: ReportConfig;
  abort(): void;
}

const maxUint32 = 2 ** 32 - 1;

function isSameRef(a: ModelRef, b: ModelRef): boolean {
  return a.id === b.id && a.sha256.every((byte, i) => byte === b.sha256[i]);
}

/** What a UE and its BS are agreed on over one connection: the terms to come, the sequence of reports, and which are unanswered. */
export class Session implements ConnectionHandlers {
  readonly #options: ResolvedOptions;
  readonly #models: ModelSlot;
  readonly #events: SessionEvents;
  readonly #ready: Promise<void>;
  #onReady: () => void = () => undefined;
  #connection: Connection | undefined;
  /** Reports sent and not yet answered, by seq. */
  readonly #sent = new Map<number, { readonly slot: number; readonly sentAtMs: number }>();
  #next: Terms | undefined;
  #loading: Loading | undefined;
  #ackTimer: ReturnType<typeof setTimeout> | undefined;
  #memory = new SessionMemory(false);
  #epoch = 0;
  #seq = 0;

  constructor(options: ResolvedOptions, models: ModelSlot, events: SessionEvents) {
    this.#options = options;
    this.#models = models;
    this.#events = events;
    this.#ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
  }

  get isOpen(): boolean {
    return this.#connection?.isEnded === false;
  }

  /** Reports sent and not yet answered. */
  get unacknowledged(): number {
    return this.#sent.size;
  }

  /**
   * Connects and gets the model of the Welcome ready.
   *
   * @returns the connection
   * @throws WireError or CsiError why it failed; the signal's reason where it aborts first
   */
  async open(hello: Hello, signal: AbortSignal): Promise<Connection> {
    const { url, tls, agent, handshakeTimeoutMs, closeTimeoutMs } = this.#options;
    const options = { url: urlUnder(url, paths.ue), hello, tls, agent, handshakeTimeoutMs, closeTimeoutMs };
    const connection = await openConnection(options, this, signal);
    const lost = connection.ended.then((error) => {
      this.#release();
      throw error;
    });
    const onAbort = () => void connection.close();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      await Promise.race([this.#ready, lost]);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    return connection;
  }

  /** The terms to adopt from the next report on, once. */
  takeTerms(): Terms | undefined {
    const terms = this.#next;
    this.#next = undefined;
    return terms;
  }

  /** What the next report, under these terms, may refer to. */
  recall({ model }: Terms): CodecMemory | undefined {
    return this.#memory.recall(model);
  }

  /** Sends a report made under some terms of this session. */
  send(payload: Payload, { config }: Terms, { slot, handedOverMs, startedMs }: ReportTiming): SentReport {
    const { clock } = this.#options;
    const seq = this.#seq + 1;
    const epoch = this.#epoch;
    const { codeword, scale, phase, payloadBits, reference } = payload;
    const processingUs = Math.min(maxUint32, Math.round((clock.nowMs() - handedOverMs) * 1000));
    const frame = encodeFrame('report', {
      epoch,
      seq,
      slot,
      modelId: config.model.id,
      revision: config.revision,
      codeword,
      scale,
      phase,
      payloadBits: payloadBits.total,
      processingUs,
      referenceSeq: reference?.seq,
      referenceHint: reference?.hint,
    });
    this.#seq = seq;
    this.#memory.sent(seq, payload);
    const sentAtMs = clock.nowMs();
    this.#connection?.send(frame);
    this.#sent.set(seq, { slot, sentAtMs });
    this.#watchAcks();
    const { id: modelId } = config.model;
    const encodeMs = sentAtMs - startedMs;
    return {
      epoch,
      seq,
      slot,
      modelId,
      revision: config.revision,
      payloadBits,
      wireBytes: frame.length,
      encodeMs,
      sentAtMs,
    };
  }

  onWelcome({ epoch, config, remembers = false }: Welcome, connection: Connection): void {
    this.#connection = connection;
    this.#epoch = epoch;
    this.#memory = new SessionMemory(remembers);
    this.onReconfigure(config);
  }

  /**
   * Loads the model first where it is another one. A configuration that comes meanwhile takes its place; where it names the
   * same model, the load goes on, or a BS that changes its mind often would keep a slow one from ever ending.
   */
  onReconfigure(config: ReportConfig): void {
    if (this.#loading !== undefined && isSameRef(this.#loading.config.model, config.model)) {
      this.#loading.config = config;
      return;
    }
    this.#loading?.abort();
    const controller = new AbortController();
    const { signal } = controller;
    const loading: Loading = { config, abort: () => controller.abort() };
    this.#loading = loading;
    const end = () => {
      if (this.#loading === loading) this.#loading = undefined;
    };
    this.#models.load(config, signal).then(
      (model) => {
        end();
        if (signal.aborted) this.#models.discard(model);
        else this.#offer({ config: loading.config, rate: rateOf(model.codec.knobs, loading.config), model });
      },
      (error: Error) => {
        end();
        if (!signal.aborted) this.#connection?.fail(error);
      },
    );
  }

  onAck({ seqs, outcomes }: ReportAck): void {
    seqs.forEach((seq, i) => {
      const outcome = outcomes[i];
      if (outcome !== undefined) this.#settle(seq, outcome);
    });
  }

  onHint(hint: Hint): void {
    this.#memory.hinted(hint);
  }

  onReject(error: WireError): void {
    if (error.seq !== undefined) this.#settle(error.seq, 'invalid');
    this.#events.onReject(error);
  }

  #offer(terms: Terms): void {
    if (this.#next !== undefined && this.#next.model !== terms.model) this.#models.discard(this.#next.model);
    this.#next = terms;
    this.#onReady();
    this.#events.onTerms(this);
  }

  /** Answers one report; a second answer, or one to a report never sent, changes nothing. */
  #settle(seq: number, outcome: ReportOutcome | 'lost'): void {
    const sent = this.#sent.get(seq);
    if (sent === undefined) return;
    this.#sent.delete(seq);
    this.#memory.answered(seq, outcome);
    const roundTripMs = this.#options.clock.nowMs() - sent.sentAtMs;
    this.#events.onResult({ epoch: this.#epoch, seq, slot: sent.slot, outcome, roundTripMs });
  }

  /** When the oldest unanswered report was sent. */
  #oldestMs(): number | undefined {
    for (const { sentAtMs } of this.#sent.values()) return sentAtMs;
    return undefined;
  }

  /** A BS that falls silent without closing would otherwise be believed for ever. */
  #watchAcks(): void {
    if (this.#ackTimer !== undefined) return;
    const { ackTimeoutMs, clock } = this.#options;
    const oldestMs = this.#oldestMs();
    if (oldestMs === undefined) return;
    this.#ackTimer = setTimeout(
      () => {
        this.#ackTimer = undefined;
        const silentMs = clock.nowMs() - (this.#oldestMs() ?? Number.POSITIVE_INFINITY);
        if (silentMs < ackTimeoutMs) this.#watchAcks();
        else this.#connection?.fail(new WireError('timeout', `a report is unanswered for ${Math.round(silentMs)} ms`));
      },
      Math.max(0, oldestMs + ackTimeoutMs - clock.nowMs()),
    );
  }

  #release(): void {
    this.#loading?.abort();
    clearTimeout(this.#ackTimer);
    if (this.#next !== undefined) this.#models.discard(this.#next.model);
    this.#next = undefined;
    // Nobody will answer any more.
    for (const seq of [...this.#sent.keys()]) this.#settle(seq, 'lost');
  }
}
