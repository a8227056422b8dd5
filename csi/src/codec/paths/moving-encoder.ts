import { type AngularDelayCsi, sameShape } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import type { PathCodec, PathReport } from './codec.ts';
import { type DopplerSpec, dopplerSpacings, type EarlierCsi, MOVING_BITS, STILL_BITS } from './doppler.ts';
import type { KnownPaths } from './known.ts';
import { dopplerTurns, energiesOf, overDoppler } from './over-doppler.ts';
import { type PathRate, pathRateNumbers } from './path-rate.ts';
import type { PathCodecSpec } from './spec.ts';

const { fround } = Math;

/** The codec of a report of one matrix. */
export function stillSpecOf(spec: PathCodecSpec): PathCodecSpec {
  return { ...spec, format: 1, doppler: false };
}

/** The codec of a report of several: time stands where a planar array has its second axis. */
export function movingSpecOf(spec: PathCodecSpec, { measurements, table }: DopplerSpec): PathCodecSpec {
  const { antennas, tables, response } = spec;
  return {
    ...stillSpecOf(spec),
    antennas: [antennas[0], measurements],
    tables: { ...tables, angle: [tables.angle[0], table] },
    ...(response && {
      response: { re: repeatEach(response.re, measurements), im: repeatEach(response.im, measurements) },
    }),
  };
}

function repeatEach(values: readonly number[], count: number): number[] {
  return values.flatMap((value) => Array.from({ length: count }, () => value));
}

/** What encodes reports of one matrix, and of several. */
export interface MovingEncoders {
  readonly still: Pick<PathCodec, 'encode'>;
  readonly moving: Pick<PathCodec, 'encode'>;
}

/**
 * Reports a matrix: alone, or with those before it, whichever has less error over the time that they span.
 *
 * @param rate - with at least 45 bits
 * @param earlier - as many matrices as the model takes but one, at one of `dopplerSpacings`; none asks for a report of one matrix
 * @param known - what both ends hold, for a report of one matrix
 * @throws CsiError `csi-invalid` where a matrix is of another shape, zero or not finite; RangeError where the rate or the
 * spacing is out of range.
 */
export type MovingPathEncoder = (
  csi: AngularDelayCsi,
  rate: PathRate,
  earlier?: EarlierCsi,
  known?: KnownPaths,
) => PathReport;

/**
 * Creates what reports paths with Doppler shifts.
 *
 * @param encoders - of `stillSpecOf(spec)` and `movingSpecOf(spec)`, on whatever runs them
 * @throws CsiError `model-invalid` where the spec has no Doppler shifts.
 */
export function createMovingPathEncoder(spec: PathCodecSpec, { still, moving }: MovingEncoders): MovingPathEncoder {
  const doppler = dopplerOf(spec);
  const turns = dopplerTurns(doppler.measurements);
  return (csi, rate, earlier, known) => {
    const { maxBits, price } = pathRateNumbers(rate);
    const alone = still.encode(csi, { ...rate, maxBits: maxBits - STILL_BITS }, known);
    const stillReport = { ...alone, ...prefixed(undefined, alone) };
    if (earlier === undefined) return stillReport;
    const { spacingSlots, matrices } = earlier;
    const at = dopplerSpacings.indexOf(spacingSlots);
    if (at < 0) throw new RangeError(`spacingSlots is ${spacingSlots}, must be one of ${dopplerSpacings.join(', ')}`);
    if (matrices.length !== doppler.measurements - 1 || !matrices.every((matrix) => sameShape(matrix, csi))) {
      const wanted = `${doppler.measurements - 1} matrices of the shape of the latest`;
      throw new CsiError('csi-invalid', `earlier has ${matrices.length} matrices, must have ${wanted}`);
    }
    const together = moving.encode(overDoppler([...matrices, csi], turns), { ...rate, maxBits: maxBits - MOVING_BITS });
    const { held, heldOff, all } = energiesOf(csi, matrices);
    // What a report leaves of its own matrix is noise above all. Of the error of holding it counts once a matrix, as in a
    // report of several, and not three times as in the difference of two that are noisy.
    const noise = fround(fround(alone.squaredErrorRatio) * held);
    const heldError = fround(fround(heldOff - fround((matrices.length - 1) * noise)) / all);
    const stillCost = fround(heldError + fround(price * alone.bits));
    const isStill = stillCost <= fround(fround(together.squaredErrorRatio) + fround(price * together.bits));
    return isStill ? stillReport : { ...together, ...prefixed(at, together) };
  };
}

/** @throws CsiError `model-invalid` where the spec has no Doppler shifts. */
export function dopplerOf({ doppler }: PathCodecSpec): DopplerSpec {
  if (doppler === false) throw new CsiError('model-invalid', 'path codec: the spec has no Doppler shifts');
  return doppler;
}

/** A report behind what says how it is made. @param at - number of the spacing; absent of a report of one matrix */
function prefixed(at: number | undefined, { payload, bits }: PathReport): { payload: Uint8Array; bits: number } {
  const prefixBits = at === undefined ? STILL_BITS : MOVING_BITS;
  const prefix = at === undefined ? 0 : 16 + at;
  const out = new Uint8Array(Math.ceil((bits + prefixBits) / 8));
  out[0] = prefix << (8 - prefixBits);
  for (const [i, byte] of payload.entries()) {
    out[i] = (out[i] as number) | (byte >> prefixBits);
    if (i + 1 < out.length) out[i + 1] = byte << (8 - prefixBits);
  }
  return { payload: out, bits: bits + prefixBits };
}
