import { CsiError } from '../../errors.ts';
import type { ChannelPaths } from '../../transform/channel-paths.ts';
import type { BsCodec, DecodeRow, Rate, ReceivedPayload, RowDecoder, RowStatus } from '../codec.ts';
import { createPathCodec, type PathCodec } from './codec.ts';
import { type PathsSpec, pathBounds, pathKnobs, pathRate, pathsShape } from './knobs.ts';
import type { PropagationPath } from './paths.ts';
import { checkSpec, type PathCodecSpec } from './spec.ts';

const maxPayloadBytes = Math.ceil(pathBounds.maxPayloadBits.max / 8);
/** Budgets worth measuring. */
const sweptBudgets = [60, 80, 100, 150, 200, 250, 300, 400];
/** Of a record: its payload's bits, uint16, then the payload. */
const headerBytes = 2;

/** The BS's end of the codec. @throws CsiError `model-invalid` where the spec is none. */
export function createPathsBs(spec: PathsSpec): BsCodec {
  checkSpec(spec.codec);
  let codec: PathCodec | undefined;
  return {
    kind: spec.kind,
    shape: pathsShape(spec),
    knobs: pathKnobs(spec),
    networks: [],
    sweep: sweptBudgets.map((maxPayloadBits) => ({ maxPayloadBits, bitPriceTenthDb: 0 })),
    usesUplink: false,
    maxPayloadBytes,
    maxRecordBytes: headerBytes + maxPayloadBytes,
    receive: (payload, rate) => recordOf(spec, payload, rate),
    createDecoder: () => new PathsDecoder(createPathCodec(spec.codec)),
    paths: {
      most: spec.codec.maxPaths,
      read(record) {
        codec ??= createPathCodec(spec.codec);
        const { payload, bits } = payloadOf(record);
        return channelPathsOf(spec.codec, codec.decodePaths(payload, bits));
      },
    },
  };
}

function recordOf(spec: PathsSpec, { codeword, scale, phase, payloadBits }: ReceivedPayload, rate: Rate): Uint8Array {
  const { maxPayloadBits } = pathRate(spec, rate);
  if (scale !== 0) invalid(`scale: ${scale}, must be 0: ${spec.id} sends none`);
  if (phase.length > 0) invalid(`phase: ${phase.length} bytes, must be empty: ${spec.id} sends none`);
  if (payloadBits > maxPayloadBits) invalid(`payloadBits: ${payloadBits}, at most ${maxPayloadBits} were asked for`);
  const bytes = Math.ceil(payloadBits / 8);
  if (codeword.length !== bytes) invalid(`codeword: ${codeword.length} bytes, ${payloadBits} bits take ${bytes}`);
  const record = new Uint8Array(headerBytes + bytes);
  new DataView(record.buffer).setUint16(0, payloadBits, true);
  record.set(codeword, headerBytes);
  return record;
}

function invalid(what: string): never {
  throw new CsiError('payload-invalid', what);
}

function payloadOf(record: Uint8Array) {
  const bits = new DataView(record.buffer, record.byteOffset).getUint16(0, true);
  return { payload: record.subarray(headerBytes, headerBytes + Math.ceil(bits / 8)), bits };
}

function channelPathsOf(spec: PathCodecSpec, paths: readonly PropagationPath[]): ChannelPaths {
  const { antennas, numSubcarriers, coefficientsPerPath, response } = spec;
  return {
    antennas,
    numSubcarriers,
    coefficientsPerPath,
    spatialFrequency: Float32Array.from(paths.flatMap(({ spatialFrequency }) => spatialFrequency)),
    delaySamples: Float32Array.from(paths, ({ delaySamples }) => delaySamples),
    gain: Float32Array.from(paths.flatMap(({ gainRe, gainIm }) => [gainRe, gainIm])),
    response: Float32Array.from(response?.re.flatMap((re, n) => [re, response.im[n] as number]) ?? []),
  };
}

/** Adds up the paths of each row. What a payload may cost follows from the most paths of a report, whatever it holds. */
class PathsDecoder implements RowDecoder {
  readonly drift = undefined;
  readonly #codec: PathCodec;

  constructor(codec: PathCodec) {
    this.#codec = codec;
  }

  async decode(rows: readonly DecodeRow[]): Promise<RowStatus[]> {
    return rows.map((row) => this.#decodeRow(row));
  }

  async warmUp(): Promise<void> {
    // There is nothing to load.
  }

  #decodeRow({ record, estimate }: DecodeRow): RowStatus {
    try {
      const { payload, bits } = payloadOf(record);
      this.#codec.decodeInto(estimate, payload, bits);
    } catch (error) {
      if (error instanceof CsiError && error.code === 'payload-invalid') return 'codeword';
      throw error;
    }
    // Heights of levels and steps are bounded, and so is what they add up to: it is finite.
    return 'decoded';
  }
}
