import { type NpyArray, readNpz, readPathList, writeNpz } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { fixturePath } from './golden.ts';
import { temporaryPath } from './temporary.ts';

const fileFormat = expect.objectContaining({ name: 'CsiError', code: 'file-format' });

async function pathArrays(): Promise<Record<string, NpyArray>> {
  return Object.fromEntries(await readNpz(fixturePath('paths-indoor.npz')));
}

describe('path list file', () => {
  it('is read whole', async () => {
    const paths = await readPathList(fixturePath('paths-indoor.npz'));
    expect(paths.numSamples).toBe(8);
    expect(paths.pathStart[0]).toBe(0);
    const numPaths = paths.pathStart[8];
    const { azimuthRad, elevationRad, delayNs, gainRe, gainIm, uplinkGainRatio } = paths;
    for (const values of [azimuthRad, elevationRad, delayNs, gainRe, gainIm, uplinkGainRatio]) {
      expect(values.length).toBe(numPaths);
    }
    expect(paths.distanceM?.length).toBe(8);
    expect(delayNs[0]).toBeCloseTo(401.1386, 3);
  });

  it('may have 64-bit numbers and no distances', async () => {
    const { distance_m: _, ...arrays } = await pathArrays();
    const start = arrays.path_start as NpyArray;
    const delay = arrays.delay_ns as NpyArray;
    const path = await temporaryPath('paths.npz');
    await writeNpz(path, {
      ...arrays,
      path_start: { dtype: 'int64', shape: start.shape, data: BigInt64Array.from(start.data as Int32Array, BigInt) },
      delay_ns: { dtype: 'float64', shape: delay.shape, data: Float64Array.from(delay.data as Float32Array) },
    });
    const { distanceM: __, ...expected } = await readPathList(fixturePath('paths-indoor.npz'));
    expect(await readPathList(path)).toEqual(expected);
  });

  const vector = (...values: number[]): NpyArray => ({
    dtype: 'float32',
    shape: [values.length],
    data: Float32Array.from(values),
  });
  const starts = (...values: number[]): NpyArray => ({
    dtype: 'int32',
    shape: [values.length],
    data: Int32Array.from(values),
  });
  it.each<[string, Record<string, NpyArray | undefined>, string]>([
    ['misses an array', { gain_im: undefined }, 'no array gain_im, found path_start'],
    ['has an array of another length', { delay_ns: vector(1) }, 'delay_ns has 1 values, expected 2, one a path'],
    ['has one distance too many', { distance_m: vector(1, 2, 3) }, 'distance_m has 3 values, expected 2, one a sample'],
    [
      'has an environment too few',
      { environment: { dtype: 'int32', shape: [1], data: Int32Array.of(0) } },
      'environment has 1 values, expected 2, one a sample',
    ],
    ['has integer gains', { gain_re: starts(1, 2) }, 'gain_re is int32'],
    ['has fractional starts', { path_start: vector(0, 1, 2) }, 'path_start is float32'],
    ['has falling starts', { path_start: starts(0, 2, 1) }, 'never fall'],
    ['does not start at 0', { path_start: starts(1, 1, 2) }, 'must begin with 0'],
    ['has no samples', { path_start: starts(0) }, 'at least two rows'],
    ['has a matrix for a vector', { gain_re: { ...vector(1, 2), shape: [2, 1] } }, 'gain_re has shape [2,1]'],
  ])('is refused where it %s', async (_name, change, message) => {
    const row = vector(1, 2);
    const good: Record<string, NpyArray | undefined> = {
      path_start: starts(0, 1, 2),
      azimuth_rad: row,
      elevation_rad: row,
      delay_ns: row,
      gain_re: row,
      gain_im: row,
      uplink_gain_ratio: row,
    };
    const write = async (arrays: Record<string, NpyArray | undefined>): Promise<string> => {
      const path = await temporaryPath('paths.npz');
      const present = Object.entries(arrays).filter((entry): entry is [string, NpyArray] => entry[1] !== undefined);
      await writeNpz(path, Object.fromEntries(present));
      return path;
    };
    expect((await readPathList(await write(good))).numSamples).toBe(2);
    const bad = await write({ ...good, ...change });
    await expect(readPathList(bad)).rejects.toThrow(fileFormat);
    await expect(readPathList(bad)).rejects.toThrow(message);
  });
});
