import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import {
  type CsiFormat,
  cutPathList,
  type NpyArray,
  openCsiSource,
  readNpy,
  readNpz,
  readPathList,
  writeCsi,
  writeNpz,
} from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { angularDelay, fixturePath } from './golden.ts';
import { fc } from './seeded.ts';
import { temporaryPath } from './temporary.ts';

const link = {
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute' as const,
};
const formats: readonly CsiFormat[] = ['npy', 'npz', 'mat'];

/** Samples drawn from a seed, each the same whenever it is asked for. */
function drawn(seed: number, numSamples: number, numAntennas: number, numDelays: number) {
  const at = (index: number): AngularDelayCsi => {
    const { gaussian } = createRandom(1_000_000 * seed + index);
    return angularDelay(
      numAntennas,
      numDelays,
      Array.from({ length: 2 * numAntennas * numDelays }, () => gaussian()),
    );
  };
  return { numSamples, at };
}

function namesIn(format: CsiFormat): [string, string] {
  return format === 'mat' ? ['Hur_down', 'Hur_up'] : ['downlink', 'uplink'];
}

describe('written CSI', () => {
  it.each(formats)(
    'is read back bit by bit: %s',
    async (format) => {
      const size = fc.integer({ min: 1, max: 5 });
      await fc.assert(
        fc.asyncProperty(size, size, size, fc.nat(99), async (numSamples, numAntennas, numDelays, seed) => {
          const file = await temporaryPath('csi');
          const down = drawn(seed, numSamples, numAntennas, numDelays);
          const up = drawn(seed + 1, numSamples, numAntennas, numDelays);
          const [downName, upName] = namesIn(format);
          await writeCsi(file, format, { [downName]: down, ...(format !== 'npy' && { [upName]: up }) });
          const source = await openCsiSource(file, { ...link, numAntennas, numDelays });
          expect(source.numSamples).toBe(numSamples);
          for (let i = 0; i < numSamples; i++) {
            expect(source.downlink(i)).toEqual(down.at(i));
            expect(source.uplink(i)).toEqual(format === 'npy' ? undefined : up.at(i));
          }
        }),
        { numRuns: 15 },
      );
    },
    30_000,
  );

  it.each(formats)('is whole where it takes several blocks: %s', async (format) => {
    const file = await temporaryPath('csi');
    const samples = drawn(3, 2050, 1, 2);
    const done: number[] = [];
    await writeCsi(file, format, { [namesIn(format)[0]]: samples }, { onProgress: (count) => done.push(count) });
    const source = await openCsiSource(file, { ...link, numAntennas: 1, numDelays: 2 });
    for (const i of [0, 255, 256, 1023, 1024, 2049]) expect(source.downlink(i)).toEqual(samples.at(i));
    expect(done.at(-1)).toBe(2050);
    expect(done).toEqual([...done].sort((a, b) => a - b));
  });

  it('is a MAT-file byte for byte as SciPy writes it, but for the text at its start', async () => {
    const scipy = fixturePath('dualnet-layout-v5-raw.mat');
    const { downlink, uplink, numSamples } = await openCsiSource(scipy, { ...link, numAntennas: 32, numDelays: 32 });
    const file = await temporaryPath('csi.mat');
    const up = (i: number): AngularDelayCsi => uplink(i) as AngularDelayCsi;
    await writeCsi(file, 'mat', { Hur_down: { numSamples, at: downlink }, Hur_up: { numSamples, at: up } });
    const [ours, theirs] = [await readFile(file), await readFile(scipy)];
    expect(ours.subarray(124).equals(theirs.subarray(124))).toBe(true);
  });

  it('is complex64 [N, antennas, delays] in .npy, and the same bytes every time in .npz', async () => {
    const [npy, npz, again] = [
      await temporaryPath('a.npy'),
      await temporaryPath('a.npz'),
      await temporaryPath('b.npz'),
    ];
    const downlink = drawn(1, 3, 4, 2);
    await writeCsi(npy, 'npy', { downlink });
    const array = await readNpy(npy);
    expect([array.dtype, array.shape]).toEqual(['complex64', [3, 4, 2]]);
    expect([array.data[0], array.data[1]]).toEqual([downlink.at(0).values[0], downlink.at(0).values[8]]);
    await writeCsi(npz, 'npz', { downlink });
    await writeCsi(again, 'npz', { downlink });
    expect(await readNpz(npz)).toEqual(new Map([['downlink', array]]));
    expect(await readFile(npz)).toEqual(await readFile(again));
  });

  it('leaves an older file as it was, and nothing else, where a sample cannot be had', async () => {
    const file = await temporaryPath('csi.npy');
    await writeFile(file, 'older');
    const broken = {
      numSamples: 600,
      at: (index: number) => {
        if (index > 500) throw new Error('no such sample');
        return drawn(1, 1, 1, 1).at(0);
      },
    };
    for (const format of formats) {
      await expect(writeCsi(file, format, { downlink: broken })).rejects.toThrow('no such sample');
      expect(await readFile(file, 'utf8')).toBe('older');
      expect(await readdir(path.dirname(file))).toEqual(['csi.npy']);
    }
  });

  it.each<[CsiFormat, Parameters<typeof writeCsi>[2], string]>([
    ['npy', {}, 'there are no arrays'],
    ['npy', { downlink: drawn(1, 1, 1, 1), uplink: drawn(2, 1, 1, 1) }, '2 arrays, a .npy file holds one'],
    ['npz', { downlink: drawn(1, 1, 1, 1), uplink: drawn(2, 3, 1, 1) }, 'arrays have 1 and 3 samples'],
    [
      'mat',
      { Hur_down: drawn(1, 262_144, 32, 32) },
      'a variable of a MAT-file of 2147483648 bytes is above 2147483647',
    ],
    ['npz', { downlink: drawn(1, 524_288, 32, 32) }, 'write fewer samples or .npy'],
  ])('is refused before anything is written: %s %#', async (format, arrays, message) => {
    const file = await temporaryPath('csi');
    await expect(writeCsi(file, format, arrays)).rejects.toThrow(RangeError);
    await expect(writeCsi(file, format, arrays)).rejects.toThrow(message);
    expect(await readdir(path.dirname(file))).toEqual([]);
  });
});

describe('a cut path list', () => {
  it('gives the same samples, and keeps what else there is', async () => {
    const whole = fixturePath('paths-indoor.npz');
    const [marked, out] = [await temporaryPath('marked.npz'), await temporaryPath('few.npz')];
    const slot: NpyArray = { dtype: 'int32', shape: [8], data: Int32Array.from({ length: 8 }, (_, i) => 10 * i) };
    const seed: NpyArray = { dtype: 'int32', shape: [1], data: Int32Array.of(7) };
    await writeNpz(marked, { ...Object.fromEntries(await readNpz(whole)), slot, seed });
    expect(await cutPathList(marked, out, 3)).toBe(3);
    const [all, few] = [await readPathList(whole), await readPathList(out)];
    const numPaths = all.pathStart[3] as number;
    expect(few.pathStart).toEqual(all.pathStart.slice(0, 4));
    for (const name of ['azimuthRad', 'elevationRad', 'delayNs', 'gainRe', 'gainIm', 'uplinkGainRatio'] as const) {
      expect(few[name]).toEqual(all[name].slice(0, numPaths));
    }
    expect(few.distanceM).toEqual(all.distanceM?.slice(0, 3));
    const arrays = await readNpz(out);
    expect(arrays.get('slot')?.data).toEqual(Int32Array.of(0, 10, 20));
    expect(arrays.get('seed')?.data).toEqual(Int32Array.of(7));
    await expect(cutPathList(whole, out, 9)).rejects.toThrow('numSamples is 9, must be 1..8');
  });
});
