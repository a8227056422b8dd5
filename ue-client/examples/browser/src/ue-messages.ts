import type { AngularDelayCsi, CsiShape } from '@edge-csi/csi';
import type { EncoderBackend, PayloadBits, ReportResult, UeState } from '@edge-csi/ue-client';
import type { ReportContent } from './report-tap.ts';

// Between the page and its UE, wherever that runs: plain data, so that it can cross to a worker.

/** What a UE of the page is started with. */
export interface UeOptions {
  readonly ueId: string;
  /** Of role ue; empty where the server asks for none. */
  readonly token: string;
  /** Empty: what the BS assigns. */
  readonly modelId: string;
  readonly encoder: EncoderBackend;
  /** Slots of an earlier UE of the page must not come again. */
  readonly firstSlot: number;
  /** Reports are sent every so many periods of the BS. */
  readonly periodsPerReport: number;
  readonly isPaused: boolean;
}

/** From the page. The first one is `start`, the last one `close`. */
export type UeCommand =
  | { readonly kind: 'start'; readonly options: UeOptions }
  | { readonly kind: 'set'; readonly periodsPerReport: number; readonly isPaused: boolean }
  | { readonly kind: 'close' };

/** To the page. The last one is `closed`. */
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
