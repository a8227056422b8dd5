// The messages of csi_feedback.proto as plain objects: required fields present, enumerations as words.

/** A model both ends must hold: its id and the pairing hash of its manifest, 32 bytes. */
export interface ModelRef {
  readonly id: string;
  readonly sha256: Uint8Array;
}

/** UE -> BS, first frame on /v1/ue. */
export interface Hello {
  readonly ueId: string;
  readonly protocol: number;
  /** Models the UE already holds; may be empty. */
  readonly models: readonly ModelRef[];
  /** Empty, or the token that came with the upgrade request. */
  readonly token: string;
}

/** What the BS wants reported. Every report names the revision it was made under. */
export interface ReportConfig {
  readonly revision: number;
  readonly model: ModelRef;
  /** Path of the manifest on the server's HTTP port. */
  readonly modelUrl: string;
  readonly reportPeriodSlots: number;
  /** Least significant bits each codeword component drops, 0..7. */
  readonly codewordTruncation: number;
  /** Phase rate knob, in sixteenths of the allocation matrix's unit, 1..2^24. */
  readonly phaseTheta: number;
}

/** BS -> UE, the answer to Hello: the session, and what to report. */
export interface Welcome {
  readonly epoch: number;
  readonly config: ReportConfig;
}

/** BS -> UE: what to report from now on. */
export interface Reconfigure {
  readonly config: ReportConfig;
}

/** UE -> BS: one downlink matrix, quantised. */
export interface CsiReport {
  readonly epoch: number;
  readonly seq: number;
  readonly slot: number;
  readonly modelId: string;
  readonly revision: number;
  readonly codeword: Uint8Array;
  /** Level of the quantised norm; 0 where the model sends none. */
  readonly scale: number;
  /** Packed phase codes, or signs of absolute parts. */
  readonly phase: Uint8Array;
  /** Codeword, scale and phase without padding. */
  readonly payloadBits: number;
  /** From the CSI being handed over to the frame being sent. */
  readonly processingUs: number;
}

/** What became of a report at the BS; only `decoded` made an estimate. */
export type ReportOutcome = 'decoded' | 'superseded' | 'late' | 'shed' | 'invalid';

/** One outcome per sequence number. */
export interface ReportAck {
  readonly seqs: readonly number[];
  readonly outcomes: readonly ReportOutcome[];
}

/** Either end: why a report, an uplink or the connection is refused. */
export interface Reject {
  /** A WireErrorCode, or a word a later version knows. */
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** The refused report; 0 where it is about the connection. */
  readonly seq: number;
}

/** Precision of complex CSI on the wire. */
export type CsiEncoding = 'float32' | 'float16';

/** Complex CSI on the wire, little endian, planar `[2][numAntennas][numDelays]`. */
export interface CsiMatrix {
  readonly numAntennas: number;
  readonly numDelays: number;
  readonly domain: 'angular-delay';
  readonly encoding: CsiEncoding;
  readonly values: Uint8Array;
}

/** Base band -> BS: the uplink of one UE and slot, as it was measured. */
export interface UplinkCsi {
  readonly ueId: string;
  readonly slot: number;
  readonly csi: CsiMatrix;
}

/**
 * What an estimate rests on: the uplink of the report's own slot, an older one within the freshness window, the uplink
 * alone, the last estimate repeated, or the report without any uplink.
 *
 * `uplink-only` knows no phases: its CSI carries magnitudes as real parts and zeros as imaginary parts, so the square of
 * an entry is the power at its angle and delay, and its phase means nothing.
 */
export type EstimateQuality = 'fresh' | 'stale-uplink' | 'uplink-only' | 'held' | 'no-uplink';

/** BS -> subscribers: the downlink of one UE and slot. */
export interface ChannelEstimate {
  readonly ueId: string;
  /** 0 where no session stands behind the estimate. */
  readonly epoch: number;
  /** 0 where no report stands behind the estimate. */
  readonly seq: number;
  readonly slot: number;
  /** Empty where no model was used. */
  readonly modelId: string;
  readonly csi: CsiMatrix;
  readonly quality: EstimateQuality;
  /** From the UE's measurement to publishing, transport not included; without a report, from the uplink's arrival. */
  readonly ageMs: number;
  readonly queueMs: number;
  readonly decodeMs: number;
  /** BS's monotonic clock when the report, or without one the uplink, arrived; comparable on the BS's host only. */
  readonly receivedMs: number;
  readonly payloadBits: number;
}

/** Every message by the name of its field in Frame. */
export interface FrameBodies {
  readonly hello: Hello;
  readonly welcome: Welcome;
  readonly report: CsiReport;
  readonly ack: ReportAck;
  readonly reconfigure: Reconfigure;
  readonly reject: Reject;
  readonly uplink: UplinkCsi;
  readonly estimate: ChannelEstimate;
}

/** Name of a message: of its field in Frame. */
export type FrameKind = keyof FrameBodies;

/** One WebSocket message. */
export type Frame = { readonly [K in FrameKind]: { readonly kind: K; readonly value: FrameBodies[K] } }[FrameKind];
