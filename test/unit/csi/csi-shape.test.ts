import { createRandom, createSynthesizer, toSpatialFrequency } from '@edge-csi/csi';
import { findCsiShape, type NpyArray, readPathList, writeNpz } from '@edge-csi/csi/files';
import { beforeAll, expect, it } from 'vitest';
import { bandOf, fixturePath, scenarios } from './golden.ts';
import { temporaryPath } from './temporary.ts';

const [indoor] = scenarios;
const numSamples = 8;
/** Planar matrices, `[N][2][16][n]`. */
let overDelays: Float32Array;
let overSubcarriers: Float32Array;

beforeAll(async () => {
  const paths = await readPathList(fixturePath('paths-indoor.npz'));
  const synthesize = createSynthesizer(bandOf(indoor, 'downlink'), { numAntennas: 16, numDelays: 24 });
  const channels = Array.from({ length: numSamples }, (_, i) => synthesize(paths, i));
  overDelays = Float32Array.from(channels.flatMap(({ values }) => [...values]));
  overSubcarriers = Float32Array.from(
    channels.flatMap((csi) => {
      const { values } = toSpatialFrequency(csi, 64);
      return Array.from({ length: 2 * 16 * 64 }, (_, i) => {
        const [part, antenna, k] = [Math.floor(i / 1024), Math.floor(i / 64) % 16, i % 64];
        return values[(part * 64 + k) * 16 + antenna] as number;
      });
    }),
  );
});

/** Complex values, interleaved, of planar ones. */
function complex(planar: Float32Array, shape: readonly number[]): NpyArray {
  const n = planar.length / numSamples / 2;
  const data = planar.map((_, i) => {
    const [sample, rest] = [Math.floor(i / (2 * n)), i % (2 * n)];
    return planar[2 * n * sample + (rest % 2) * n + Math.floor(rest / 2)] as number;
  });
  return { dtype: 'complex64', shape, data };
}

async function shapeIn(arrays: Readonly<Record<string, NpyArray>>, options = {}) {
  const path = await temporaryPath('theirs.npz');
  await writeNpz(path, arrays);
  return findCsiShape(path, options);
}

const delays = { numAntennas: 16, numDelays: 24, numSubcarriers: 1024 };
const subcarriers = { numAntennas: 16, numDelays: 32, numSubcarriers: 64 };

it('matrices over delays and over subcarriers are told apart by their energy', async () => {
  expect(await shapeIn({ H: complex(overDelays, [8, 16, 24]) })).toEqual(delays);
  expect(await shapeIn({ H: complex(overSubcarriers, [8, 16, 64]) })).toEqual(subcarriers);
});

it('axes of receive antennas and of size one are left aside, parts may stand apart', async () => {
  expect(await shapeIn({ H: complex(overSubcarriers, [4, 2, 16, 64]) })).toEqual(subcarriers);
  expect(await shapeIn({ H: complex(overSubcarriers, [8, 1, 1, 16, 1, 64]) })).toEqual(subcarriers);
  expect(await shapeIn({ H: { dtype: 'float32', shape: [8, 2, 16, 24], data: overDelays } })).toEqual(delays);
  const interleaved = complex(overDelays, [8, 16, 24, 2]);
  expect(await shapeIn({ H: { ...interleaved, dtype: 'float32' } as NpyArray })).toEqual(delays);
  const half = (part: number) => overDelays.filter((_, i) => Math.floor(i / 384) % 2 === part);
  const apart = { H_r: half(0), H_i: half(1) };
  const arrays = Object.entries(apart).map(
    ([name, data]) => [name, { dtype: 'float32' as const, shape: [8, 16, 24], data }] as const,
  );
  expect(await shapeIn(Object.fromEntries(arrays))).toEqual(delays);
});

it('columns beside the CSI are no CSI, and of two arrays that may be, one has to be named', async () => {
  const environment = { dtype: 'int32' as const, shape: [8], data: new Int32Array(8) };
  const H = complex(overDelays, [8, 16, 24]);
  expect(await shapeIn({ environment, H })).toEqual(delays);
  await expect(shapeIn({ H, G: H })).rejects.toThrow('name it with downlinkVariable (--variable)');
  expect(await shapeIn({ H, G: H }, { downlinkVariable: 'G' })).toEqual(delays);
});

it('samples on the last axis are refused with how to permute them', async () => {
  const H: NpyArray = { dtype: 'complex64', shape: [16, 24, 7], data: new Float32Array(2 * 16 * 24 * 7).fill(1) };
  await expect(shapeIn({ H })).rejects.toThrow(
    'samples seem to be on the last axis, bring them to the first: numpy.moveaxis(x, -1, 0)',
  );
});

it('noise alone is asked about', async () => {
  const data = Float32Array.from({ length: 2 * 8 * 384 }, createRandom(3).gaussian);
  await expect(shapeIn({ H: { dtype: 'complex64', shape: [8, 16, 24], data } })).rejects.toThrow(
    'set layout (--layout)',
  );
});

it('one matrix is not taken for samples of few antennas, unless its array is named', async () => {
  const one = {
    dtype: 'complex64',
    shape: [16, 32],
    data: new Float32Array(1024).map((_, i) => Math.sin(i * i)),
  } as const;
  await expect(shapeIn({ H: one })).rejects.toThrow('one sample needs an axis of samples before it: x[numpy.newaxis]');
  expect(await shapeIn({ H: one }, { array: [1, 1], layout: 'angular-delay' })).toMatchObject({
    numAntennas: 1,
    numDelays: 32,
  });
});

it('what cannot be matrices is refused with the way out', async () => {
  const magnitudes = { dtype: 'float32', shape: [8, 16, 24], data: overDelays.slice(0, 8 * 16 * 24) } as const;
  await expect(shapeIn({ H: magnitudes })).rejects.toThrow('magnitudes without phases');
  const none = { dtype: 'complex64', shape: [0, 16, 24], data: new Float32Array(0) } as const;
  await expect(shapeIn({ H: none })).rejects.toThrow('which has no samples');
});
