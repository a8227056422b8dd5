import { type AngularDelayCsi, assertUsable } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { createAxis, type PathAxis } from './axis.ts';
import { copyCode, createCodes, type PathCodes } from './codes.ts';
import { createGrid } from './grid.ts';
import type { KnownPaths } from './known.ts';
import { type PathRate, type PathRateNumbers, pathRateNumbers } from './path-rate.ts';
import { matrixInto, type PropagationPath, pathsOf } from './paths.ts';
import { RangeDecoder, RangeEncoder } from './range-coder.ts';
import { searchCap, searchPrice, searchTarget } from './rate.ts';
import { applyResponseInto, createResponseKernel } from './response.ts';
import { createSearch, offerKnown, type PathSearch, startSearch } from './search.ts';
import { createSpace } from './space.ts';
import { checkSpec, type PathCodecSpec } from './spec.ts';
import { createPathSum, type PathSum } from './sum.ts';
import { codeReport, createSyntax } from './syntax.ts';

const { fround } = Math;

/** One report, as the UE sends it. */
export interface PathReport {
  /** Zero padded to a byte. */
  readonly payload: Uint8Array;
  readonly bits: number;
  readonly numPaths: number;
  /** Squared error of the estimate against the matrix that was encoded, relative to its energy. */
  readonly squaredErrorRatio: number;
  /** Version of the list of known paths that it refers to: who decodes it needs to be told. Absent where it refers to none. */
  readonly knownVersion?: number;
}

/** Turns matrices into reports and reports into matrices; see `createPathCodec`. */
export interface PathCodec {
  readonly spec: PathCodecSpec;
  /**
   * Reports a matrix. Noise alone, or a cap that no path fits, gives a report without paths.
   *
   * @param known - what both ends hold; the report refers to it where that is better than doing without
   * @throws CsiError `csi-invalid` where the matrix is of another shape, zero or not finite; RangeError where the rate is
   * out of range.
   */
  encode(csi: AngularDelayCsi, rate: PathRate, known?: KnownPaths): PathReport;
  /**
   * The paths of a report, strongest first.
   *
   * @param bits - as `encode` told; without it a report cut short may pass for another one, as nothing in it is redundant
   * @param known - the list that the report refers to
   * @throws CsiError `payload-invalid` where no encoder writes these bits, or they refer to another list.
   */
  decodePaths(payload: Uint8Array, bits?: number, known?: KnownPaths): PropagationPath[];
  /**
   * Writes the matrix of a report.
   *
   * @param out - planar, `[2][numAntennas][numDelays]`
   * @param bits - as `encode` told
   * @param known - the list that the report refers to
   * @throws CsiError `payload-invalid` where no encoder writes these bits, or they refer to another list; RangeError where `out` is
   * of another length.
   */
  decodeInto(out: Float32Array, payload: Uint8Array, bits?: number, known?: KnownPaths): void;
  /** The whole numbers of a report, for those who fit tables. @throws CsiError `payload-invalid` */
  decodeCodes(payload: Uint8Array): PathCodes;
  /**
   * Cuts a report to its strongest paths; it stays as it is where it has no more.
   *
   * @param known - the list that the report refers to
   * @throws CsiError `payload-invalid`
   */
  keepStrongest(payload: Uint8Array, numPaths: number, known?: KnownPaths): PathReportBits;
  /**
   * Writes the matrix that paths add up to.
   *
   * @param out - planar, `[2][numAntennas][numDelays]`
   * @throws RangeError where `out` is of another length.
   */
  reconstructInto(out: Float32Array, paths: readonly PropagationPath[]): void;
}

/** The bits of a path report and how many whole paths they hold. */
export type PathReportBits = Pick<PathReport, 'payload' | 'bits' | 'numPaths'>;

/**
 * Creates a codec of off-grid paths: the UE finds what a channel is made of and reports it, strongest path first; the BS
 * adds it up. The payload is the same on every machine, bit for bit, and the estimate to float32 rounding.
 *
 * @throws CsiError `model-invalid` where the spec is none, or has Doppler shifts: see `createMovingPathCodec`.
 *
 * @example
 * const codec = createPathCodec(pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024 }));
 * const { payload } = codec.encode(csi, { mode: 'cap', maxBits: 200 });
 * codec.reconstructInto(estimate, codec.decodePaths(payload));
 */
export function createPathCodec(spec: PathCodecSpec): PathCodec {
  checkSpec(spec);
  if (spec.doppler !== false) throw new CsiError('model-invalid', 'path codec: the spec has Doppler shifts');
  const { antennas, numDelays, numSubcarriers, maxPaths, tables, response } = spec;
  const numAntennas = antennas[0] * antennas[1];
  const axes: [PathAxis, PathAxis, PathAxis] = [
    createAxis(antennas[0], antennas[0]),
    createAxis(antennas[1], antennas[1]),
    createAxis(numSubcarriers, numDelays),
  ];
  const syntax = createSyntax([antennas[0], antennas[1], numDelays], maxPaths, tables);
  const takeOut = response && createResponseKernel(antennas, response, true);
  const putIn = response && createResponseKernel(antennas, response, false);
  const plain = new Float32Array(response ? 2 * numAntennas * numDelays : 0);
  // A BS never needs the encoder's buffers.
  let search: PathSearch | undefined;
  let sum: PathSum | undefined;
  /** Of the report at hand. */
  const codes = createCodes(maxPaths);
  const checkLength = (out: Float32Array): void => {
    const length = 2 * numAntennas * numDelays;
    if (out.length !== length) throw new RangeError(`out has ${out.length} values, must have ${length}`);
  };

  const write = (codes: PathCodes, step: number, bits: number): PathReportBits => {
    const payload = new Uint8Array(Math.ceil(bits / 8));
    const coder = new RangeEncoder(payload);
    codeReport(syntax, coder, codes, step);
    return { payload, bits: coder.finish(), numPaths: codes.count };
  };
  const measure = (codes: PathCodes, step: number): number => {
    const coder = new RangeEncoder(new Uint8Array(0));
    codeReport(syntax, coder, codes, step);
    return coder.finish();
  };
  const read = (codes: PathCodes, payload: Uint8Array, told?: number, known?: KnownPaths): number => {
    codes.count = 0;
    codes.list = known;
    const coder = new RangeDecoder(payload);
    const step = codeReport(syntax, coder, codes, 0);
    // Bits that no encoder writes decode to something, too.
    const bits = coder.finish();
    if (bits === undefined || (told ?? bits) !== bits) {
      throw new CsiError(
        'payload-invalid',
        `path report of ${payload.length} bytes is malformed, cut short or too long`,
      );
    }
    return step;
  };
  const reportAt = (search: PathSearch, { maxBits, price, target }: PathRateNumbers): PathReport => {
    if (price > 0) searchPrice(search, price, maxBits);
    else if (target > 0) searchTarget(search, target, maxBits);
    else searchCap(search, maxBits);
    const { bestCodes, bestStep, bestBits, bestError, space } = search;
    return { ...write(bestCodes, bestStep, bestBits), squaredErrorRatio: bestError / space.energy };
  };

  return {
    spec,
    encode(csi, rate, known) {
      assertUsable(csi);
      if (csi.numAntennas !== numAntennas || csi.numDelays !== numDelays) {
        const given = `${csi.numAntennas} antennas x ${csi.numDelays} delays`;
        throw new CsiError('csi-invalid', `CSI has ${given}, the codec takes ${numAntennas} x ${numDelays}`);
      }
      const numbers = pathRateNumbers(rate);
      if (takeOut) applyResponseInto(plain, csi.values, takeOut);
      search ??= createSearch(createSpace(antennas, numDelays, numSubcarriers, maxPaths), createGrid(axes), syntax);
      if (!startSearch(search, takeOut ? plain : csi.values, numbers.noise)) {
        throw new CsiError('csi-invalid', 'CSI entries are out of the range of a report');
      }
      offerKnown(search, undefined);
      const fresh = reportAt(search, numbers);
      if (known === undefined || known.count === 0) return fresh;
      offerKnown(search, known);
      const referring = { ...reportAt(search, numbers), knownVersion: known.version };
      return isBetter(referring, fresh, numbers) ? referring : fresh;
    },
    decodePaths(payload, bits, known) {
      const step = read(codes, payload, bits, known);
      return pathsOf(axes, codes, step);
    },
    decodeInto(out, payload, bits, known) {
      checkLength(out);
      const step = read(codes, payload, bits, known);
      sum ??= createPathSum(axes);
      sum(putIn ? plain : out, codes, step);
      if (putIn) applyResponseInto(out, plain, putIn);
    },
    decodeCodes(payload) {
      const own = createCodes(maxPaths);
      read(own, payload);
      return own;
    },
    keepStrongest(payload, numPaths, known) {
      const step = read(codes, payload, undefined, known);
      const kept = createCodes(maxPaths);
      kept.list = known;
      kept.count = Math.min(codes.count, Math.max(0, Math.floor(numPaths)));
      for (let k = 0; k < kept.count; k++) copyCode(codes, k, kept, k);
      return write(kept, step, measure(kept, step));
    },
    reconstructInto(out, paths) {
      checkLength(out);
      matrixInto(putIn ? plain : out, axes, paths);
      if (putIn) applyResponseInto(out, plain, putIn);
    },
  };
}

/** Whether one of two reports of a matrix at a rate is the better one: in float32, as in every port. */
function isBetter(one: PathReport, other: PathReport, { price, target }: PathRateNumbers): boolean {
  const [error, otherError] = [fround(one.squaredErrorRatio), fround(other.squaredErrorRatio)];
  if (price > 0) return fround(error + fround(price * one.bits)) < fround(otherError + fround(price * other.bits));
  if (target > 0 && error <= target && otherError <= target) return one.bits < other.bits;
  return error < otherError;
}
