import { CsiError } from '../errors.ts';
import type { PathList } from '../transform/path-list.ts';
import type { NpyArray } from './npy.ts';
import { readNpz, writeNpz } from './npz.ts';

/** Arrays by name, as a .npz file holds them. */
type Arrays = ReadonlyMap<string, NpyArray>;

/**
 * Reads a path list: .npz with path_start `[N + 1]` and, per path, azimuth_rad, elevation_rad, delay_ns, gain_re,
 * gain_im, uplink_gain_ratio and optionally uplink_phase_rad; distance_m `[N]` and environment `[N]` are optional, ue and slot
 * are read apart, and other arrays are left aside.
 *
 * @throws CsiError `file-format` where an array is missing or does not fit the others.
 */
export async function readPathList(path: string): Promise<PathList> {
  return parsePathList(await readNpz(path), path);
}

/** Arrays of a path list with a value a path. */
const PER_PATH = [
  'azimuth_rad',
  'elevation_rad',
  'delay_ns',
  'gain_re',
  'gain_im',
  'uplink_gain_ratio',
  'uplink_phase_rad',
];

/**
 * Writes the first samples of a path list as a path list. Arrays that are not part of one are kept: those with a row a
 * path or a sample are cut, the rest copied.
 *
 * @param numSamples - all where absent
 * @returns the number of samples written
 * @throws CsiError `file-format` where the file is no path list; RangeError where it has fewer samples.
 */
export async function cutPathList(path: string, outPath: string, numSamples?: number): Promise<number> {
  const arrays = await readNpz(path);
  const paths = parsePathList(arrays, path);
  const count = numSamples ?? paths.numSamples;
  if (!Number.isInteger(count) || count < 1 || count > paths.numSamples) {
    throw new RangeError(`numSamples is ${count}, must be 1..${paths.numSamples}`);
  }
  const allPaths = paths.pathStart[paths.numSamples] as number;
  const numPaths = paths.pathStart[count] as number;
  const rowsOf = (name: string, rows: number | undefined): number | undefined => {
    if (name === 'path_start') return count + 1;
    if (PER_PATH.includes(name)) return numPaths;
    if (rows === paths.numSamples) return count;
    return rows === allPaths ? numPaths : rows;
  };
  const cut = Array.from(arrays, ([name, array]) => [name, firstRows(array, rowsOf(name, array.shape[0]))] as const);
  await writeNpz(outPath, Object.fromEntries(cut));
  return count;
}

function firstRows(array: NpyArray, numRows: number | undefined): NpyArray {
  const [rows, ...rest] = array.shape;
  if (numRows === undefined || !rows) return array;
  const data = array.data.subarray(0, (array.data.length / rows) * numRows);
  return { dtype: array.dtype, shape: [numRows, ...rest], data } as NpyArray;
}

/** Whether the arrays of a .npz file are those of a path list. */
export function isPathList(arrays: ReadonlyMap<string, unknown>): boolean {
  return arrays.has('path_start');
}

/** @throws CsiError `file-format` where an array is missing or does not fit the others. */
export function parsePathList(arrays: Arrays, name: string): PathList {
  const pathStart = readPathStart(arrays, name);
  const numSamples = pathStart.length - 1;
  const numPaths = pathStart[numSamples] as number;
  const perPath = (key: string): Float32Array => readFloats(arrays, name, key, numPaths, 'path');
  return {
    numSamples,
    pathStart,
    azimuthRad: perPath('azimuth_rad'),
    elevationRad: perPath('elevation_rad'),
    delayNs: perPath('delay_ns'),
    gainRe: perPath('gain_re'),
    gainIm: perPath('gain_im'),
    uplinkGainRatio: perPath('uplink_gain_ratio'),
    ...(arrays.has('uplink_phase_rad') ? { uplinkPhaseRad: perPath('uplink_phase_rad') } : {}),
    ...(arrays.has('distance_m') ? { distanceM: readFloats(arrays, name, 'distance_m', numSamples, 'sample') } : {}),
    ...(arrays.has('environment') ? { environment: readEnvironment(arrays, name, numSamples) } : {}),
  };
}

function readPathStart(arrays: Arrays, name: string): Int32Array {
  const pathStart = readIntegers(arrays, name, 'path_start');
  const rising = pathStart.every((row, i) => i === 0 || row >= (pathStart[i - 1] as number));
  if (pathStart.length < 2 || pathStart[0] !== 0 || !rising) {
    throw new CsiError('file-format', `${name}: path_start must begin with 0, never fall and hold at least two rows`);
  }
  return pathStart;
}

function readEnvironment(arrays: Arrays, name: string, numSamples: number): Int32Array {
  const environment = readIntegers(arrays, name, 'environment');
  if (environment.length === numSamples) return environment;
  throw new CsiError(
    'file-format',
    `${name}: environment has ${environment.length} values, expected ${numSamples}, one a sample`,
  );
}

function readIntegers(arrays: Arrays, name: string, key: string): Int32Array {
  const array = requireVector(arrays, name, key);
  if (!/^u?int/.test(array.dtype)) {
    throw new CsiError('file-format', `${name}: ${key} is ${array.dtype}, expected integers`);
  }
  return Int32Array.from(array.data, Number);
}

function readFloats(arrays: Arrays, name: string, key: string, length: number, per: string): Float32Array {
  const array = requireVector(arrays, name, key);
  if (array.dtype !== 'float32' && array.dtype !== 'float64') {
    throw new CsiError('file-format', `${name}: ${key} is ${array.dtype}, expected float32 or float64`);
  }
  if (array.data.length !== length) {
    throw new CsiError(
      'file-format',
      `${name}: ${key} has ${array.data.length} values, expected ${length}, one a ${per}`,
    );
  }
  return array.dtype === 'float32' ? array.data : Float32Array.from(array.data);
}

function requireVector(arrays: Arrays, name: string, key: string): NpyArray {
  const array = arrays.get(key);
  if (array === undefined) {
    throw new CsiError('file-format', `${name}: no array ${key}, found ${[...arrays.keys()].join(', ') || 'none'}`);
  }
  if (array.shape.length !== 1) {
    throw new CsiError('file-format', `${name}: ${key} has shape [${array.shape}], expected one dimension`);
  }
  return array;
}
