// Generated from csi_feedback.proto and rules.js by `npm run generate`; do not edit.
// The messages as plain objects: required fields present, enumerations as words.

/** A model both ends must hold: its id and the pairing hash of its manifest. */
export interface ModelRef {
  /** Lower-case letters, digits, dots and hyphens. */
  readonly id: string;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** UE -> BS, first frame on /v1/ue. */
export interface Hello {
  /** 1..64 characters of [A-Za-z0-9._:-]. */
  readonly ueId: string;
  /** The version, 1. */
  readonly protocol: number;
  /** Models the UE already holds; may be empty. */
  readonly models: readonly ModelRef[];
  /** Empty, or the token that came with the upgrade request. */
  readonly token: string;
  /** Whether the UE takes hints and may refer to what both ends hold. */
  readonly remembers?: boolean | undefined;
}

/** What the BS wants reported. Every report names the revision it was made under. */
export interface ReportConfig {
  /** From 1, increases with every change within a session. */
  readonly revision: number;
  readonly model: ModelRef;
  /** Path of the manifest on the server's HTTP port. */
  readonly modelUrl: string;
  /** 1..320. */
  readonly reportPeriodSlots: number;
  /** Least significant bits each codeword component drops, 0..7; at least one bit stays. */
  readonly codewordTruncation: number;
  /** Phase rate knob, in sixteenths of the allocation matrix's unit, 1..2^24. */
  readonly phaseTheta: number;
  /** Most bits of a path report, 40..2000; 0 where the model makes none. */
  readonly maxPayloadBits: number;
  /**
   * Squared error that a bit of a path report has to save, in tenths of a dB below the energy of the matrix, 1..1000: 300
   * is 1e-3. 0: the least error of max_payload_bits.
   */
  readonly bitPriceTenthDb: number;
}

/** BS -> UE, the answer to Hello: the session, and what to report. */
export interface Welcome {
  /** Session epoch, not 0. */
  readonly epoch: number;
  readonly config: ReportConfig;
  /** Whether reports of this session may refer to what both ends hold. */
  readonly remembers?: boolean | undefined;
}

/** BS -> UE: what to report from now on. */
export interface Reconfigure {
  readonly config: ReportConfig;
}

/** UE -> BS: one downlink matrix, quantised. */
export interface CsiReport {
  readonly epoch: number;
  /** From 1, increases within an epoch. */
  readonly seq: number;
  readonly slot: number;
  readonly modelId: string;
  /** Of the ReportConfig in force. */
  readonly revision: number;
  /**
   * Bit-packed, most significant bit first, component 0 first, zero padded; or the whole of a path report, whose scale is
   * 0 and whose phase is empty.
   */
  readonly codeword: Uint8Array;
  /** Quantised norm, as many bits as the model says; 0 where it sends none. */
  readonly scale: number;
  /**
   * Phase codes, or signs of absolute parts (1: negative), bit-packed as the codeword. The length follows from the
   * codeword.
   */
  readonly phase: Uint8Array;
  /** Codeword, scale and phase, without padding. */
  readonly payloadBits: number;
  /** From the CSI being handed over to the frame being sent. */
  readonly processingUs: number;
  /**
   * What the report refers to, where not both are 0. A BS that does not hold it refuses the report as INVALID, and the UE
   * refers to nothing as old again.
   */
  readonly referenceSeq?: number | undefined;
  /** The latest hint that the UE has got. */
  readonly referenceHint?: number | undefined;
}

/** BS -> UE: what the downlink is likely made of, as the uplink shows it. A later one takes the place of those before it. */
export interface Hint {
  /** From 1, increases within a session. */
  readonly number: number;
  /** Of the model whose reports may refer to it. */
  readonly modelId: string;
  /** Bit-packed as a codeword; of a path model the number of places, then each. */
  readonly content: Uint8Array;
}

/** BS -> UE: one outcome per sequence number. */
export interface ReportAck {
  readonly seqs: readonly number[];
  readonly outcomes: readonly ReportOutcome[];
}

/** BS -> any: why a report, an uplink or the connection is refused. */
export interface Reject {
  /** A code of the error table in src/errors.ts, or one a later version knows. */
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  /** The refused report; 0 where it is about the connection. */
  readonly seq: number;
}

/** Complex CSI on the wire, little endian, planar: all real parts [antenna][delay], then all imaginary parts. */
export interface CsiMatrix {
  readonly numAntennas: number;
  readonly numDelays: number;
  readonly domain: CsiDomain;
  readonly encoding: CsiEncoding;
  /** 2 * num_antennas * num_delays * (4 or 2) bytes. */
  readonly values: Uint8Array;
}

/** Base band -> BS: the uplink of one UE and slot, as it was measured. */
export interface UplinkCsi {
  readonly ueId: string;
  readonly slot: number;
  readonly csi: CsiMatrix;
}

/**
 * The paths that an estimate is made of, strongest first; any number, 0 included. All floats are float32, little endian. At
 * element (n1, n2) of the array and subcarrier k, all counted from 0, a path adds
 *
 * gain exp(-j 2 pi (n1 frequency1 + n2 frequency2 + k delay / num_subcarriers))
 *
 * to the channel, times the response of the element.
 */
export interface CsiPaths {
  /** Elements along the first axis of the array. */
  readonly numAntennas1: number;
  /** Along the second; 1 of a linear array. */
  readonly numAntennas2: number;
  /** Of the band. */
  readonly numSubcarriers: number;
  /** Gains of a path, one a polarisation or receive antenna; 1 of every report of today. */
  readonly coefficientsPerPath: number;
  /** [paths][2], cycles an element along each axis. */
  readonly spatialFrequency: Uint8Array;
  /** [paths], in 1 / bandwidth. */
  readonly delaySamples: Uint8Array;
  /** [paths][coefficients_per_path][2], real and imaginary part. */
  readonly gain: Uint8Array;
  /** [num_antennas1][num_antennas2][2]; empty where all elements are alike. */
  readonly response: Uint8Array;
  /** [paths], cycles a slot: each path's phase turns by 2 pi times it every slot. Empty where span_slots is 0. */
  readonly dopplerCyclesPerSlot: Uint8Array;
  /** Slots of measurements that the shifts were told from; 0 where they are not known. */
  readonly spanSlots: number;
}

/** Subscriber -> BS, at any time: the form of the estimates from now on. Without it they come as matrices. */
export interface Subscribe {
  readonly form: EstimateForm;
}

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
  /** Absent where the subscriber wants paths in its place. */
  readonly csi?: CsiMatrix | undefined;
  readonly quality: EstimateQuality;
  /** From the UE's measurement to publishing, transport not included; without a report, from the uplink's arrival. */
  readonly ageMs: number;
  readonly queueMs: number;
  readonly decodeMs: number;
  /** The BS's monotonic clock when the report, or without one the uplink, arrived; comparable on the BS's host only. */
  readonly receivedMs: number;
  readonly payloadBits: number;
  /** Where the subscriber wants them and the estimate is made of some. */
  readonly paths?: CsiPaths | undefined;
  /** Squared error, relative to the channel, that the time since the measurement adds to be expected; 0 of what is not predicted. */
  readonly expectedError: number;
}

/** What became of a report at the BS; only DECODED made an estimate. */
export type ReportOutcome =
  | 'decoded'
  /** A newer report of the same UE replaced it in the queue. */
  | 'superseded'
  /** Past its deadline, not decoded. */
  | 'late'
  /** Dropped under overload. */
  | 'shed'
  /** Inconsistent with its model, configuration or session. */
  | 'invalid';

/** Precision of complex CSI on the wire. */
export type CsiEncoding = 'float32' | 'float16';

/** What the rows and columns of a CSI matrix stand for. */
export type CsiDomain = 'angular-delay';

/** Which form of an estimate a subscriber gets. An estimate that is not made of paths comes as its matrix whatever the form. */
export type EstimateForm =
  | 'matrix'
  /** In place of the matrix. */
  | 'paths'
  | 'matrix-and-paths';

/**
 * What an estimate rests on.
 *
 * UPLINK_ONLY stands in for a report that was lost, late or of no use. The uplink tells nothing of the downlink's phases:
 * csi carries magnitudes as its real parts and zeros as its imaginary parts. The square of an entry is an estimate of the
 * power at its angle and delay, good for choosing beams, ranking UEs or setting a delay window; its phase means nothing,
 * so it is not for a precoder that takes csi as it is. The scale is the uplink's norm times a constant of the model. seq
 * and payload_bits are 0; slot is that of the uplink; times count from the uplink's arrival.
 */
export type EstimateQuality =
  /** The uplink of the report's own slot, or a report that needs none. */
  | 'fresh'
  /** An uplink older than the report, within the freshness window. */
  | 'stale-uplink'
  /** No report, the uplink alone. */
  | 'uplink-only'
  /** The last estimate repeated. */
  | 'held'
  /** The report without any uplink. */
  | 'no-uplink'
  /** The last estimate, as its paths have turned since: no report of this slot. */
  | 'predicted';

/** Every message by the name of its field in Frame. */
export interface FrameBodies {
  /** UE -> BS, first frame on /v1/ue. */
  readonly hello: Hello;
  /** BS -> UE. */
  readonly welcome: Welcome;
  /** UE -> BS. */
  readonly report: CsiReport;
  /** BS -> UE, one per batch of reports. */
  readonly ack: ReportAck;
  /** BS -> UE. */
  readonly reconfigure: Reconfigure;
  /** BS -> any, before the connection closes or for one refused frame. */
  readonly reject: Reject;
  /** PHY -> BS on /v1/phy. */
  readonly uplink: UplinkCsi;
  /** BS -> subscriber on /v1/estimates. */
  readonly estimate: ChannelEstimate;
  /** Subscriber -> BS on /v1/estimates. */
  readonly subscribe: Subscribe;
  /** BS -> UE that remembers. */
  readonly hint: Hint;
}

/** Name of a message: of its field in Frame. */
export type FrameKind = keyof FrameBodies;

/** One WebSocket message. */
export type Frame = { readonly [K in FrameKind]: { readonly kind: K; readonly value: FrameBodies[K] } }[FrameKind];
