import { CsiError } from '../../errors.ts';
import type { ChannelPaths } from '../../transform/channel-paths.ts';
import type {
  BsCodec,
  CodecMemory,
  DecodeRow,
  Hinter,
  Rate,
  ReceivedPayload,
  RowDecoder,
  RowStatus,
} from '../codec.ts';
import { createPathBsMemory } from './bs-memory.ts';
import { createPathCodec } from './codec.ts';
import { createPathHinter } from './hint.ts';
import { packHint } from './hint-bits.ts';
import { type PathsSpec, pathBounds, pathKnobs, pathRate, pathsShape } from './knobs.ts';
import { knownOf } from './known.ts';
import { createMovingPathCodec, type MovingPathCodec, type MovingPaths } from './moving.ts';
import { mostRecordHeadBytes, packRecord, unpackRecord } from './record.ts';
import { checkSpec, type PathCodecSpec } from './spec.ts';

const maxPayloadBytes = Math.ceil(pathBounds.maxPayloadBits.max / 8);
/** Budgets worth measuring. */
const sweptBudgets = [60, 80, 100, 150, 200, 250, 300, 400];

/** The BS's end of the codec. @throws CsiError `model-invalid` where the spec is none. */
export function createPathsBs(spec: PathsSpec): BsCodec {
  checkSpec(spec.codec);
  let reader: MovingPathReader | undefined;
  return {
    kind: spec.kind,
    shape: pathsShape(spec),
    knobs: pathKnobs(spec),
    networks: [],
    sweep: sweptBudgets.map((maxPayloadBits) => ({ maxPayloadBits, bitPriceTenthDb: 0 })),
    usesUplink: false,
    maxPayloadBytes,
    maxRecordBytes: mostRecordHeadBytes + maxPayloadBytes,
    receive: (payload, rate, memory) => recordOf(spec, payload, rate, memory),
    // A report of several matrices tells its places over time, too, which no list has.
    ...(spec.codec.doppler === false && {
      createMemory: () => createPathBsMemory(spec.codec),
      createHinter: () => createHinter(spec),
    }),
    createDecoder: () => new PathsDecoder(readerOf(spec.codec)),
    paths: {
      most: spec.codec.maxPaths,
      read(record) {
        reader ??= readerOf(spec.codec);
        const { payload, bits, known } = unpackRecord(record);
        return channelPathsOf(spec.codec, reader.decodePaths(payload, bits, known));
      },
    },
  };
}

function createHinter({ codec, carrierRatio = 1 }: PathsSpec): Hinter {
  const hintOf = createPathHinter(codec, carrierRatio);
  return (uplink) => packHint(codec, hintOf(uplink, 1));
}

function recordOf(
  spec: PathsSpec,
  { codeword, scale, phase, payloadBits }: ReceivedPayload,
  rate: Rate,
  memory: CodecMemory | undefined,
): Uint8Array {
  const { maxPayloadBits } = pathRate(spec, rate);
  if (scale !== 0) invalid(`scale: ${scale}, must be 0: ${spec.id} sends none`);
  if (phase.length > 0) invalid(`phase: ${phase.length} bytes, must be empty: ${spec.id} sends none`);
  if (payloadBits > maxPayloadBits) invalid(`payloadBits: ${payloadBits}, at most ${maxPayloadBits} were asked for`);
  const bytes = Math.ceil(payloadBits / 8);
  if (codeword.length !== bytes) invalid(`codeword: ${codeword.length} bytes, ${payloadBits} bits take ${bytes}`);
  return packRecord({ payload: codeword, bits: payloadBits, known: knownOf(memory) });
}

function invalid(what: string): never {
  throw new CsiError('payload-invalid', what);
}

type MovingPathReader = Pick<MovingPathCodec, 'decodePaths' | 'decodeInto'>;

/** What reads reports of a spec, with Doppler shifts or without. */
function readerOf(spec: PathCodecSpec): MovingPathReader {
  if (spec.doppler !== false) return createMovingPathCodec(spec);
  const codec = createPathCodec(spec);
  return {
    decodePaths(payload, bits, known) {
      const paths = codec.decodePaths(payload, bits, known);
      return { paths: paths.map((path) => ({ ...path, dopplerCyclesPerSlot: 0 })), spanSlots: 0 };
    },
    decodeInto: (out, payload, bits, known) => codec.decodeInto(out, payload, bits, known),
  };
}

function channelPathsOf(spec: PathCodecSpec, { paths, spanSlots }: MovingPaths): ChannelPaths {
  const { antennas, numSubcarriers, coefficientsPerPath, response } = spec;
  return {
    antennas,
    numSubcarriers,
    coefficientsPerPath,
    spatialFrequency: Float32Array.from(paths.flatMap(({ spatialFrequency }) => spatialFrequency)),
    delaySamples: Float32Array.from(paths, ({ delaySamples }) => delaySamples),
    gain: Float32Array.from(paths.flatMap(({ gainRe, gainIm }) => [gainRe, gainIm])),
    dopplerCyclesPerSlot: Float32Array.from(paths, ({ dopplerCyclesPerSlot }) => dopplerCyclesPerSlot),
    spanSlots,
    response: Float32Array.from(response?.re.flatMap((re, n) => [re, response.im[n] as number]) ?? []),
  };
}

/** Adds up the paths of each row. What a payload may cost follows from the most paths of a report, whatever it holds. */
class PathsDecoder implements RowDecoder {
  readonly drift = undefined;
  readonly #reader: MovingPathReader;

  constructor(reader: MovingPathReader) {
    this.#reader = reader;
  }

  async decode(rows: readonly DecodeRow[]): Promise<RowStatus[]> {
    return rows.map((row) => this.#decodeRow(row));
  }

  async warmUp(): Promise<void> {
    // There is nothing to load.
  }

  #decodeRow({ record, estimate }: DecodeRow): RowStatus {
    try {
      const { payload, bits, known } = unpackRecord(record);
      this.#reader.decodeInto(estimate, payload, bits, known);
    } catch (error) {
      if (error instanceof CsiError && error.code === 'payload-invalid') return 'codeword';
      throw error;
    }
    // Heights of levels and steps are bounded, and so is what they add up to: it is finite.
    return 'decoded';
  }
}
