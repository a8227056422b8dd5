import { CsiError } from '../../errors.ts';
import { createPathCodec } from './codec.ts';
import { dopplerSpacings, MOVING_BITS, STILL_BITS } from './doppler.ts';
import type { KnownPaths } from './known.ts';
import {
  createMovingPathEncoder,
  dopplerOf,
  type MovingPathEncoder,
  movingSpecOf,
  stillSpecOf,
} from './moving-encoder.ts';
import type { PropagationPath } from './paths.ts';
import type { PathCodecSpec } from './spec.ts';

/** A path that turns as time passes. */
export interface MovingPath extends PropagationPath {
  /** Doppler shift, in cycles a slot; 0 in a report of one matrix. */
  readonly dopplerCyclesPerSlot: number;
}

/** The paths of a report, at the time of its matrix. */
export interface MovingPaths {
  readonly paths: readonly MovingPath[];
  /** Slots that shifts were told from; 0 in a report of one matrix. */
  readonly spanSlots: number;
}

/** Reports matrices, where it is better with those before them; see `createMovingPathCodec`. */
export interface MovingPathCodec {
  readonly spec: PathCodecSpec;
  readonly encode: MovingPathEncoder;
  /** The paths of a report, strongest first. @throws CsiError `payload-invalid` as of `PathCodec` */
  decodePaths(payload: Uint8Array, bits: number, known?: KnownPaths): MovingPaths;
  /**
   * Writes the matrix of a report, at its time.
   *
   * @param out - planar, `[2][numAntennas][numDelays]`
   * @throws CsiError `payload-invalid` as of `PathCodec`
   */
  decodeInto(out: Float32Array, payload: Uint8Array, bits: number, known?: KnownPaths): void;
}

/**
 * Creates a codec of paths that have Doppler shifts, so that a report tells how the channel goes on.
 *
 * A report of several matrices is a path report of the array and of time: the pursuit finds angle, delay and shift of a path at
 * once. Time stands where a planar array has its second axis.
 *
 * @throws CsiError `model-invalid` where the spec is none or has no Doppler shifts.
 *
 * @example
 * const spec = pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024, measurements: 4 });
 * const codec = createMovingPathCodec(spec);
 * const { payload, bits } = codec.encode(csi, { mode: 'cap', maxBits: 250 }, { spacingSlots: 20, matrices });
 * const { paths } = codec.decodePaths(payload, bits);
 */
export function createMovingPathCodec(spec: PathCodecSpec): MovingPathCodec {
  const doppler = dopplerOf(spec);
  const still = createPathCodec(stillSpecOf(spec));
  const moving = createPathCodec(movingSpecOf(spec, doppler));

  const read = (payload: Uint8Array, bits: number, known?: KnownPaths): MovingPaths => {
    const { spacing, rest, restBits } = opened(payload, bits);
    if (spacing === undefined) {
      const paths = still.decodePaths(rest, restBits, known);
      return { paths: paths.map((path) => ({ ...path, dopplerCyclesPerSlot: 0 })), spanSlots: 0 };
    }
    const spans = doppler.measurements - 1;
    const paths = moving.decodePaths(rest, restBits).map((path) => atLatest(path, spans, spacing));
    return { paths, spanSlots: spans * spacing };
  };

  return {
    spec,
    encode: createMovingPathEncoder(spec, { still, moving }),
    decodePaths: read,
    decodeInto(out, payload, bits, known) {
      const { spacing, rest, restBits } = opened(payload, bits);
      if (spacing === undefined) still.decodeInto(out, rest, restBits, known);
      else still.reconstructInto(out, read(payload, bits).paths);
    },
  };
}

/** A path over array and time, whose second frequency is of time and whose gain is of the first matrix, as of the latest. */
function atLatest(path: PropagationPath, spans: number, spacingSlots: number): MovingPath {
  const [angle, shift] = path.spatialFrequency;
  // A frequency of exp(-j 2 pi n f), n counting matrices.
  const cycles = -(shift >= 0.5 ? shift - 1 : shift);
  const turnRad = 2 * Math.PI * cycles * spans;
  const [cos, sin] = [Math.cos(turnRad), Math.sin(turnRad)];
  return {
    spatialFrequency: [angle, 0],
    delaySamples: path.delaySamples,
    gainRe: path.gainRe * cos - path.gainIm * sin,
    gainIm: path.gainRe * sin + path.gainIm * cos,
    dopplerCyclesPerSlot: cycles / spacingSlots,
  };
}

/** A report without what says how it is made. @throws CsiError `payload-invalid` where it is shorter or longer than its bits. */
function opened(
  payload: Uint8Array,
  bits: number,
): { spacing: number | undefined; rest: Uint8Array; restBits: number } {
  const first = payload[0] ?? 0;
  const isMoving = first >= 128;
  const prefixBits = isMoving ? MOVING_BITS : STILL_BITS;
  const restBits = bits - prefixBits;
  const paddingBits = 8 * payload.length - bits;
  const last = payload[payload.length - 1] ?? 0;
  if (restBits < 0 || paddingBits < 0 || paddingBits > 7 || (last & ((1 << paddingBits) - 1)) !== 0) {
    throw new CsiError('payload-invalid', `path report of ${bits} bits in ${payload.length} bytes is malformed`);
  }
  const rest = new Uint8Array(Math.ceil(restBits / 8));
  for (let i = 0; i < rest.length; i++) {
    rest[i] = ((payload[i] as number) << prefixBits) | ((payload[i + 1] ?? 0) >> (8 - prefixBits));
  }
  return { spacing: isMoving ? dopplerSpacings[(first >> 3) & 15] : undefined, rest, restBits };
}
