import type { AngularDelayCsi, BitString, CsiShape } from '../csi.ts';
import type { ChannelPaths } from '../transform/channel-paths.ts';

// The seam: a codec turns one CSI matrix into payload bits at the UE, and payload bits into an estimate at the BS.
// Sessions, queues, batches, benchmarks and reports know what is declared here and no kind of codec.

/** A dense float32 tensor, row-major. */
export interface Tensor {
  readonly values: Float32Array;
  readonly dims: readonly number[];
}

/** A loaded network, on whatever runs it. Runs do not overlap. */
export interface Network {
  /**
   * Runs the network.
   *
   * @param inputs - by name; those it does not take are left out, and all may be reused once the run is done
   * @param output - name of the output to return, the caller's own
   */
  run(inputs: Readonly<Record<string, Tensor>>, output: string): Promise<Float32Array>;
}

/** Loaded networks by their names in the manifest's files. */
export type Networks = Readonly<Record<string, Network>>;

/** A network that one end of a codec runs. */
export interface NetworkSpec {
  /** Its name among the manifest's files. */
  readonly name: string;
  /** An input that it must take, by which a wrong file is told. */
  readonly input: string;
  /** Whether the codec does without it, less accurately. */
  readonly optional?: boolean;
}

/** Bits of one payload, without padding: of each part by name, and of all. */
export interface PayloadBits {
  readonly total: number;
  readonly [part: string]: number;
}

/** What a report carries of one CSI matrix, in the fields that the wire has for it. */
export interface Payload {
  /** The main bit string, at least one byte. */
  readonly codeword: Uint8Array;
  /** Level of the norm; 0 where the codec sends none. */
  readonly scale: number;
  /** The second bit string, whose length may follow from the first; empty where the codec has none. */
  readonly phase: Uint8Array;
  readonly payloadBits: PayloadBits;
  /** What of the session's memory it refers to: whoever decodes it needs that. Absent where it stands alone. */
  readonly reference?: MemoryReference;
}

/** A payload as it arrives, with the bits that it says it has. */
export type ReceivedPayload = Omit<Payload, 'payloadBits' | 'reference'> & { readonly payloadBits: number };

/** Names what the two ends of a session remember, the same at both. One of the two is not 0. */
export interface MemoryReference {
  /** Sequence number of a report of the session that the BS has acknowledged; 0 for none. */
  readonly seq: number;
  /** Number of a hint of the BS; 0 for none. */
  readonly hint: number;
}

/** What a report may refer to. Plain data, which its codec alone can read. */
export interface CodecMemory extends MemoryReference {
  /** Kind of its codec. */
  readonly kind: string;
}

/** CSI of one slot. */
export interface MeasuredCsi {
  readonly slot: number;
  readonly csi: AngularDelayCsi;
}

/** What a report may be made of beside its matrix. */
export interface EncodeContext {
  /** Slot of the matrix. */
  readonly slot: number;
  /** What the UE measured lately, oldest first; what is not before `slot` is left out. */
  readonly measured: readonly MeasuredCsi[];
  /** Of the session, of this codec; without it a report stands alone. */
  readonly memory?: CodecMemory | undefined;
}

/** Makes payloads. One call at a time, or the network's results mix. */
export interface PayloadEncoder {
  /**
   * @param context - what helps; a codec leaves out what it has no use for
   * @throws CsiError `csi-invalid` where the matrix is unusable, of another shape than the model's, or off its scale
   * @throws RangeError where a rate knob is out of range
   */
  encode(csi: AngularDelayCsi, rate: Rate, context?: EncodeContext): Promise<Payload>;
  /** Starts the memory of a session; absent where every report stands alone. */
  readonly createMemory?: (() => UeMemory) | undefined;
}

/**
 * What a UE remembers of one session under one model. It offers nothing that the BS is not sure to hold, and where the BS holds
 * something no more all the same, a report is refused and the next one refers to nothing as old.
 */
export interface UeMemory {
  /** What the next report may refer to; undefined where there is nothing. */
  recall(): CodecMemory | undefined;
  /** Notes a report that was made with what `recall` gave last. */
  sent(seq: number, payload: Payload): void;
  /** Notes the BS's word on a report: `decoded`, `invalid`, or another that means it is gone. */
  answered(seq: number, outcome: string): void;
  /**
   * Takes a hint of the BS, newer than those before it.
   *
   * @throws CsiError `payload-invalid` where the bytes are none.
   */
  hinted(hint: number, bytes: Uint8Array): void;
}

/** What a BS remembers of one session under one model, and for how long: as much as its UE may refer to, within a bound. */
export interface BsMemory {
  /** Notes a report that goes to be decoded. @param record - what `BsCodec.receive` made of it */
  received(seq: number, record: Uint8Array): void;
  /** Notes what became of it: one that is decoded may be referred to from now on. */
  settled(seq: number, isDecoded: boolean): void;
  /** What a report refers to; undefined where it is not held: the report must be refused. */
  find(reference: MemoryReference): CodecMemory | undefined;
  /**
   * Takes what a `Hinter` made of an uplink.
   *
   * @param hint - its number: higher than that of any hint of the session before it
   * @returns whether it says enough that is new to be worth sending; if so it has to be sent
   */
  hinted(hint: number, bytes: Uint8Array): boolean;
}

/**
 * Tells a UE what its downlink is likely made of.
 *
 * @param uplink - as the BS measures it, of the codec's shape
 * @throws CsiError `csi-invalid` where nothing can be told from it
 */
export type Hinter = (uplink: AngularDelayCsi) => BitString;

/** What became of one row of a batch: `decoded`, or what is wrong with its main bits, its second bits or its estimate. */
export const rowStatuses = ['decoded', 'codeword', 'phase', 'estimate'] as const;
/** What became of one row of a batch. */
export type RowStatus = (typeof rowStatuses)[number];

/** One report of a batch, as a decoder takes it. */
export interface DecodeRow {
  /** What `BsCodec.receive` made of the payload and its rate. */
  readonly record: Uint8Array;
  /** Raw uplink CSI, planar `[2][numAntennas][numDelays]`. */
  readonly uplink: Float32Array | undefined;
  /** Where the estimate goes, planar `[2][numAntennas][numDelays]`. */
  readonly estimate: Float32Array;
}

/** Turns batches of rows into estimates. Not for two batches at a time. */
export interface RowDecoder {
  /** Writes the estimates. A row that cannot be decoded leaves the others as they are. @returns a status for each row */
  decode(rows: readonly DecodeRow[]): Promise<RowStatus[]>;
  /** Runs the networks on a batch of zeros, so that the first row does not pay for their start. */
  warmUp(count: number): Promise<void>;
  /** How far the payloads are from those of the training set, in nats, where that can be told. */
  readonly drift: number | undefined;
}

/** What both ends of a codec know. */
interface CodecEnd {
  readonly kind: string;
  readonly shape: CsiShape;
  readonly knobs: readonly RateKnob[];
  /** The networks that this end runs; none is an answer. */
  readonly networks: readonly NetworkSpec[];
}

/** The UE's end of a codec. */
export interface UeCodec extends CodecEnd {
  /** A norm that `encode` takes, linear, for made-up CSI. */
  readonly trialNorm: number;
  /** Latest matrices that a UE keeps for its reports; none where a report is of one matrix alone. */
  readonly matricesKept?: number;
  /** @param networks - those that `networks` names */
  createEncoder(networks: Networks): PayloadEncoder;
}

/** What decodes rows, once its networks are loaded: the half of `BsCodec` that a decode worker needs. */
export interface RowCodec {
  readonly shape: CsiShape;
  readonly networks: readonly NetworkSpec[];
  /** Most bytes of a record, at any rate; 0 where rows have none. */
  readonly maxRecordBytes: number;
  createDecoder(networks: Networks, maxBatchSize: number): RowDecoder;
}

/** The BS's end of a codec. */
export interface BsCodec extends CodecEnd, RowCodec {
  /** Rates worth measuring, each knob around its default. */
  readonly sweep: readonly Rate[];
  /** Whether the uplink of a report's slot makes its estimate better. */
  readonly usesUplink: boolean;
  /** Most bytes of a payload's bit strings together, at any rate. */
  readonly maxPayloadBytes: number;
  /**
   * Checks the lengths of a payload under the rate it was made at, and packs both into the record that a batch carries.
   *
   * @param memory - what the report refers to
   * @throws CsiError `payload-invalid`, naming the field
   */
  receive(payload: ReceivedPayload, rate: Rate, memory?: CodecMemory): Uint8Array;
  /** Starts the memory of a session; absent where every report stands alone. */
  readonly createMemory?: (() => BsMemory) | undefined;
  /** Makes what makes hints: slow, so not for a thread that others wait for. Absent where the codec takes none. */
  readonly createHinter?: (() => Hinter) | undefined;
  /** Absent where reports are not made of paths. */
  readonly paths?: PathReader;
}

/** Reads the paths that reports are made of, for those who evaluate them themselves. */
export interface PathReader {
  /** Most paths of a report. */
  readonly most: number;
  /**
   * The paths of a record.
   *
   * @throws CsiError `payload-invalid` where the record does not decode.
   */
  read(record: Uint8Array): ChannelPaths;
}

/** What a codec's networks make of one sample: the real components they work on. */
export interface UnquantizedSample {
  /** Of the downlink, in units of its norm where the model divides by that. */
  readonly truth: Float32Array;
  /** Decoder output in the same units. */
  readonly decoded: Float32Array;
}

/** Carries samples as unquantised codewords, without phases or signs. */
export type Unquantized = (
  samples: readonly { readonly downlink: AngularDelayCsi; readonly uplink: AngularDelayCsi | undefined }[],
) => Promise<UnquantizedSample[]>;

/** Rate knobs by name, as the report configuration of the wire carries them. A knob left out stands at its default. */
export type Rate = Readonly<Record<string, number>>;

/** One number that a BS may turn at run time to have more or fewer bits in a report. */
export interface RateKnob {
  /** Its name in the report configuration of the wire. */
  readonly name: string;
  /** Whole numbers from `min` to `max`. */
  readonly min: number;
  readonly max: number;
  readonly default: number;
  /** Whether its unit is the model's own, so that a value set under one model means nothing under another. */
  readonly perModel: boolean;
  /** A value that costs fewer bits, `steps` times over; the caller keeps it within `max`. */
  coarser(value: number, steps: number): number;
}

/**
 * The values of some knobs among other fields: of a report configuration, or of options.
 *
 * @param otherwise - of knobs that the fields leave out; their defaults, where it does too
 */
export function rateOf(knobs: readonly RateKnob[], fields: object, otherwise: Rate = {}): Rate {
  const values = fields as Partial<Rate>;
  return Object.fromEntries(
    knobs.map((knob) => [knob.name, values[knob.name] ?? otherwise[knob.name] ?? knob.default]),
  );
}

/** @throws RangeError naming the knob that is out of range. */
export function checkRate(knobs: readonly RateKnob[], rate: Rate): void {
  for (const { name, min, max } of knobs) {
    const value = rate[name];
    if (value === undefined || (Number.isInteger(value) && value >= min && value <= max)) continue;
    throw new RangeError(`${name} is ${value}, must be an integer in ${min}..${max}`);
  }
}

/** The rate with every knob turned `steps` towards fewer bits, as far as it goes: what overload asks for. */
export function coarserRate(knobs: readonly RateKnob[], rate: Rate, steps: number): Rate {
  return Object.fromEntries(
    knobs.map(({ name, max, default: standard, coarser }) => [
      name,
      Math.min(coarser(rate[name] ?? standard, steps), max),
    ]),
  );
}
