import type { AngularDelayCsi, CsiShape } from '@edge-csi/csi';
import { isComplexModel, isPathModel, type ReportManifest } from '@edge-csi/models';
import {
  connectUe,
  type EncoderBackend,
  type PayloadBits,
  type ReportResult,
  type Ue,
  type UeState,
} from '@edge-csi/ue-client';
import { fetchServedModel, measureDownlink } from './bs-http.ts';
import { Gate, waitMs } from './gate.ts';
import { type ReportContent, ReportTap } from './report-tap.ts';

/** What can be set while a UE runs. */
export interface Pacing {
  /** Reports are sent every so many periods of the BS. */
  readonly periodsPerReport: number;
  readonly isPaused: boolean;
  /** Most bits of a path report, where the BS allows more; undefined: as the BS says. */
  readonly maxBits: number | undefined;
}

/** What a UE of the page is started with. */
export interface UeOptions extends Pacing {
  readonly ueId: string;
  /** Of role ue; empty where the server asks for none. */
  readonly token: string;
  /** Empty: what the BS assigns. */
  readonly modelId: string;
  readonly encoder: EncoderBackend;
  /** Slots of an earlier UE of the page must not come again. */
  readonly firstSlot: number;
}

/** What a UE tells the page: plain data, so that it can cross from a worker. The last one is `closed`. */
export type UeEvent =
  | { readonly kind: 'state'; readonly state: UeState; readonly message: string }
  | ModelEvent
  /** Before the report of that slot is sent. */
  | { readonly kind: 'measured'; readonly slot: number; readonly downlink: AngularDelayCsi }
  | ReportEvent
  | { readonly kind: 'outcome'; readonly outcome: ReportResult['outcome'] }
  | { readonly kind: 'problem'; readonly message: string }
  | { readonly kind: 'closed' };

/** A configuration is in force from the next report on. */
export interface ModelEvent {
  readonly kind: 'model';
  readonly modelId: string;
  /** Whether its reports are paths, which have no components and no bits of entries. */
  readonly isPaths: boolean;
  readonly shape: CsiShape;
  /** Bits of each component at full rate, `[M]`. */
  readonly fullBits: Uint8Array;
  /** Most bits an entry's phase gets; of a model on absolute parts, its signs. */
  readonly maxEntryBits: number;
  readonly entryWord: 'phase' | 'signs';
  readonly periodSlots: number;
}

/** A report left. */
export interface ReportEvent extends ReportContent {
  readonly kind: 'report';
  readonly slot: number;
  readonly payloadBits: PayloadBits;
  readonly wireBytes: number;
  readonly encodeMs: number;
}

/** Duration of a slot that the BS counts its period in: 15 kHz numerology. */
const slotMs = 1;
/** After a measurement or report that failed. */
const retryMs = 1000;

/** A UE that measures and reports, on whatever thread it is made. */
export class UeRun {
  readonly #options: UeOptions;
  readonly #emit: (event: UeEvent) => void;
  readonly #tap: ReportTap;
  readonly #gate = new Gate();
  readonly #lifetime = new AbortController();
  #pacing: Pacing;
  #state: UeState = 'connecting';
  #slot: number;
  #announced: ReportManifest | undefined;

  constructor(options: UeOptions, emit: (event: UeEvent) => void) {
    this.#options = options;
    this.#emit = emit;
    this.#tap = new ReportTap(options.encoder, () => this.#pacing.maxBits);
    this.#pacing = options;
    this.#slot = options.firstSlot;
  }

  set(pacing: Pacing): void {
    this.#pacing = pacing;
    this.#moveGate();
  }

  /** Leaves the BS; `run` ends. */
  close(): void {
    this.#lifetime.abort(new Error('closed by the page'));
  }

  /** Connects and reports until it is closed or nothing can be sent any more. Never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#lifetime;
    try {
      await this.#serve(signal);
    } catch (error) {
      if (!signal.aborted) this.#emit({ kind: 'problem', message: describe(error) });
    }
    this.#lifetime.abort(new Error('the UE has ended'));
    this.#emit({ kind: 'closed' });
  }

  async #serve(signal: AbortSignal): Promise<void> {
    const { ueId, token, modelId } = this.#options;
    const model = modelId === '' ? undefined : await fetchServedModel(modelId, signal);
    const ue = await connectUe({
      url: location.origin.replace(/^http/, 'ws'),
      ueId,
      token,
      encoder: this.#tap.open,
      ...(model && { model }),
      signal,
      reconnect: { waitOnFirstConnect: true },
      onAck: ({ outcome }) => this.#emit({ kind: 'outcome', outcome }),
      onReject: (error) => this.#emit({ kind: 'problem', message: describe(error) }),
      onReconfigure: () => {
        this.#announced = undefined;
      },
      onStateChange: (state, error) => {
        this.#state = state;
        this.#emit({ kind: 'state', state, message: error === undefined ? '' : describe(error) });
        this.#moveGate();
      },
    });
    try {
      await Promise.race([this.#reportAll(ue, signal), ue.closed]);
    } finally {
      await ue.close();
    }
  }

  async #reportAll(ue: Ue, signal: AbortSignal): Promise<void> {
    let dueMs = performance.now();
    while (ue.state !== 'closed') {
      await this.#gate.pass(signal);
      await waitMs(dueMs - performance.now(), signal);
      const { reportPeriodSlots } = ue.config;
      const waitedMs = reportPeriodSlots * slotMs * this.#pacing.periodsPerReport;
      // A report that takes longer than the period delays the next one: none is made up for.
      dueMs = Math.max(dueMs + waitedMs, performance.now());
      try {
        await this.#reportOnce(ue, signal);
      } catch (error) {
        signal.throwIfAborted();
        this.#emit({ kind: 'problem', message: describe(error) });
        await waitMs(retryMs, signal);
      }
      // Slower than the period is slow motion: the channel goes on by a period a report.
      this.#slot += reportPeriodSlots;
    }
  }

  async #reportOnce(ue: Ue, signal: AbortSignal): Promise<void> {
    const { ueId, token } = this.#options;
    const { manifest } = ue;
    if (manifest !== this.#announced) {
      this.#announced = manifest;
      this.#emit(modelEvent(ue));
    }
    const slot = this.#slot;
    const measurement = { ueId, token, slot, modelId: manifest.id, shape: manifest.csi };
    const downlink = await measureDownlink(measurement, signal);
    this.#emit({ kind: 'measured', slot, downlink });
    const { modelId, payloadBits, wireBytes, encodeMs } = await ue.report(downlink, { slot });
    const content = this.#tap.read(modelId);
    if (content !== undefined) this.#emit({ kind: 'report', slot, payloadBits, wireBytes, encodeMs, ...content });
  }

  #moveGate(): void {
    this.#gate.set(!this.#pacing.isPaused && this.#state === 'ready');
  }
}

function modelEvent({ manifest, config }: Ue): ModelEvent {
  const { id, csi } = manifest;
  const common = {
    kind: 'model',
    modelId: id,
    isPaths: isPathModel(manifest),
    shape: { numAntennas: csi.numAntennas, numDelays: csi.numDelays },
    periodSlots: config.reportPeriodSlots,
  } as const;
  if (isPathModel(manifest)) return { ...common, fullBits: new Uint8Array(), maxEntryBits: 1, entryWord: 'phase' };
  if (isComplexModel(manifest)) {
    return { ...common, fullBits: Uint8Array.from(manifest.codeword.bits), maxEntryBits: 1, entryWord: 'phase' };
  }
  const { codeword, phase, planes } = manifest;
  const isParts = planes === 'absolute-parts';
  return {
    ...common,
    fullBits: Uint8Array.from(codeword.bits),
    maxEntryBits: isParts ? 2 : phase.maxBits,
    entryWord: isParts ? 'signs' : 'phase',
  };
}

/** An error in one line, its code first where it has one. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' ? `${code}: ${error.message}` : error.message;
}
