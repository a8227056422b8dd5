import { CsiError } from '../../errors.ts';
import type { ArrayResponse } from '../../transform/array.ts';
import { END_TOTAL, LEVEL_CLASSES, MAX_TOTAL, RATIO_BINS } from './constants.ts';
import { type DopplerSpec, dopplerSpec } from './doppler.ts';
import { genericTables } from './generic-tables.ts';
import type { PathTables } from './tables.ts';

/** Most paths a codec may be asked to find, and most that decode. */
const MOST_PATHS = 64;
const MOST_BINS = 1024;
const MOST_MEASUREMENTS = 8;

/** What both ends of a link agree on: plain data, a part of a model's manifest. */
export interface PathCodecSpec {
  /** Version of the format: symbols, their order and their grids. */
  readonly format: 1 | 2;
  /**
   * Elements of the array along its axes, `[n1, n2]`, n2 = 1 for a linear one. Rows of a matrix are angle bins of axis 1
   * times those of axis 2, `[n1][n2]`, each the unitary inverse DFT over the elements of its axis.
   */
  readonly antennas: readonly [number, number];
  readonly numDelays: number;
  /** Length of the DFT that gave the delays. */
  readonly numSubcarriers: number;
  /** Complex gains of a path: one for each polarisation or receive antenna. The format of today has one. */
  readonly coefficientsPerPath: 1;
  /** Whether a path may have a Doppler shift: format 2, linear arrays. See `createMovingPathCodec`. */
  readonly doppler: false | DopplerSpec;
  /** Most paths of a report, 1 to 64. They bound the memory and the time of both ends. */
  readonly maxPaths: number;
  readonly tables: PathTables;
  /**
   * Response of the array, one complex gain an element, `[n1][n2]`: the UE divides it out of the matrix, the BS puts it
   * back. Without it all elements are alike.
   */
  readonly response?: ArrayResponse;
}

/** What a default is derived from; see `PathCodecSpec`. */
export interface PathCodecOptions {
  /** Elements of a linear array, or of each axis of a planar one. */
  readonly antennas: number | readonly [number, number];
  readonly numDelays: number;
  readonly numSubcarriers: number;
  /** 32 unless told. */
  readonly maxPaths?: number;
  /** Gentle ones for any channel unless told. */
  readonly tables?: PathTables;
  readonly response?: ArrayResponse;
  /** Matrices that a report with Doppler shifts is made of, 3 to 8; reports have none unless told. */
  readonly measurements?: number | undefined;
}

/**
 * Derives the spec of any array and band; no data is needed.
 *
 * @throws CsiError `model-invalid` where the spec is none.
 *
 * @example
 * const codec = createPathCodec(pathCodecSpec({ antennas: [8, 4], numDelays: 32, numSubcarriers: 1024 }));
 */
export function pathCodecSpec(options: PathCodecOptions): PathCodecSpec {
  const { antennas, numDelays, numSubcarriers, maxPaths = 32, tables, response, measurements } = options;
  const pair = typeof antennas === 'number' ? ([antennas, 1] as const) : antennas;
  const spec: PathCodecSpec = {
    format: measurements === undefined ? 1 : 2,
    antennas: pair,
    numDelays,
    numSubcarriers,
    coefficientsPerPath: 1,
    doppler: measurements !== undefined && dopplerSpec(measurements),
    maxPaths,
    tables: tables ?? genericTables(pair, numDelays),
    ...(response && { response }),
  };
  checkSpec(spec);
  return spec;
}

/** @throws CsiError `model-invalid` naming what is wrong with a spec. */
export function checkSpec(spec: PathCodecSpec): void {
  const { antennas, numDelays, numSubcarriers, maxPaths, tables, response } = spec;
  // Specs come out of files, too.
  const { format, coefficientsPerPath }: { format: number; coefficientsPerPath: number } = spec;
  if (format !== 1 && format !== 2) invalid(`format is ${format}, this version knows 1 and 2`);
  if (coefficientsPerPath !== 1) invalid(`coefficientsPerPath is ${coefficientsPerPath}, formats 1 and 2 have 1`);
  if (antennas.length !== 2) invalid(`antennas has ${antennas.length} axes, must have 2`);
  checkCount('antennas[0]', antennas[0], MOST_BINS);
  checkCount('antennas[1]', antennas[1], MOST_BINS);
  checkCount('numSubcarriers', numSubcarriers, 2 ** 16);
  checkCount('numDelays', numDelays, Math.min(numSubcarriers, MOST_BINS));
  checkCount('maxPaths', maxPaths, MOST_PATHS);
  checkTable('first', tables.first, LEVEL_CLASSES + 1);
  checkTable('end', tables.end, LEVEL_CLASSES);
  if (tables.end.some((frequency) => frequency >= END_TOTAL))
    invalid(`tables.end has an entry of ${END_TOTAL} or more`);
  if (tables.next.length !== LEVEL_CLASSES) invalid(`tables.next has ${tables.next.length} rows, not ${LEVEL_CLASSES}`);
  for (const [i, row] of tables.next.entries()) checkTable(`next[${i}]`, row, RATIO_BINS);
  checkTable('angle[0]', tables.angle[0], antennas[0]);
  checkTable('angle[1]', tables.angle[1], antennas[1]);
  for (const share of tables.near) {
    if (!Number.isInteger(share) || share < 0 || share > END_TOTAL) invalid(`tables.near has a share of ${share}`);
  }
  checkTable('delay', tables.delay, 2 * numDelays);
  checkTable('later', tables.later, 4 * numDelays);
  if (response) checkResponse(response, antennas[0] * antennas[1]);
  checkDoppler(spec);
}

function checkDoppler({ format, antennas, doppler }: PathCodecSpec): void {
  if (doppler === false) {
    if (format === 2) invalid('format 2 has Doppler shifts');
    return;
  }
  const { measurements, table } = doppler;
  if (format === 1) invalid('format 1 has no Doppler shifts');
  if (antennas[1] !== 1) invalid(`Doppler shifts are of linear arrays, this one is ${antennas.join(' x ')}`);
  if (!Number.isInteger(measurements) || measurements < 3 || measurements > MOST_MEASUREMENTS)
    invalid(`doppler.measurements is ${measurements}, must be 3 to ${MOST_MEASUREMENTS}`);
  checkTable('doppler', table, measurements);
}

function checkCount(name: string, value: number, most: number): void {
  if (!Number.isInteger(value) || value < 1 || value > most) invalid(`${name} is ${value}, must be 1 to ${most}`);
}

function checkTable(name: string, table: readonly number[], length: number): void {
  if (table.length !== length) invalid(`tables.${name} has ${table.length} entries, not ${length}`);
  let sum = 0;
  for (const frequency of table) {
    if (!Number.isInteger(frequency) || frequency < 1) invalid(`tables.${name} has a frequency of ${frequency}`);
    sum += frequency;
  }
  if (sum > MAX_TOTAL) invalid(`frequencies of tables.${name} sum to ${sum}, more than ${MAX_TOTAL}`);
}

function checkResponse({ re, im }: ArrayResponse, count: number): void {
  if (re.length !== count || im.length !== count)
    invalid(`response has ${re.length} and ${im.length} parts, not ${count}`);
  for (let i = 0; i < count; i++) {
    const power = (re[i] as number) ** 2 + (im[i] as number) ** 2;
    if (!(power > 1e-12 && power < 1e12)) invalid(`response of antenna ${i} is ${re[i]} + ${im[i]} j`);
  }
}

function invalid(what: string): never {
  throw new CsiError('model-invalid', `path codec: ${what}`);
}
