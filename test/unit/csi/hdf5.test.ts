import { readFile } from 'node:fs/promises';
import { openCsiSource } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { fixturePath } from './golden.ts';
import { fc } from './seeded.ts';
import { temporaryFile, temporaryPath } from './temporary.ts';

const link = {
  numAntennas: 4,
  numDelays: 3,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute' as const,
};
const fileFormat = expect.objectContaining({ name: 'CsiError', code: 'file-format' });

const library = await import('h5wasm/node').catch(() => undefined);
if (library === undefined) process.stderr.write('MAT-files of version 7.3 are not tested: h5wasm is not installed\n');

describe.skipIf(library === undefined)('MAT-file, version 7.3', () => {
  // Written with h5py 3.16 as MATLAB does: a header before the HDF5 data, dimensions in reverse, class attributes.
  const matlab = fixturePath('matlab-73.mat');

  it('is read with the dimensions MATLAB shows', async () => {
    const source = await openCsiSource(matlab, link);
    expect(source.description.downlink).toContain('HD_val float64 [2,24]');
    expect([...source.downlink(1).values]).toEqual(Array.from({ length: 24 }, (_, i) => i + 4));
    const complex = await openCsiSource(matlab, { ...link, downlinkVariable: 'H' });
    const expected = Array.from({ length: 12 }, (_, i) => 12 + i);
    expect([...complex.downlink(1).values]).toEqual([...expected, ...expected.map((value) => -value / 8)]);
  });

  it('says what it has where a variable is not CSI', async () => {
    await expect(openCsiSource(matlab, { ...link, downlinkVariable: 'info' })).rejects.toThrow('info: found group []');
    await expect(openCsiSource(matlab, { ...link, downlinkVariable: 'x' })).rejects.toThrow(
      'H complex128 [2,4,3], HD_val float64 [2,24], info group [], label uint16 [1,2]',
    );
  });

  it('may be plain HDF5, row-major, with both bands', async () => {
    const path = await temporaryPath('plain.h5');
    const { File, ready } = library as NonNullable<typeof library>;
    await ready;
    const file = new File(path, 'w');
    const down = Float32Array.from({ length: 72 }, (_, i) => i - 9);
    file.create_dataset({ name: 'downlink', data: down, shape: [3, 24] });
    file.create_dataset({
      name: 'uplink',
      data: down.map((value) => -value),
      shape: [3, 24],
      chunks: [1, 24],
      compression: 4,
    });
    file.close();
    const source = await openCsiSource(path, link);
    expect(source.numSamples).toBe(3);
    expect(source.downlink(2).values).toEqual(down.slice(48));
    expect(source.uplink(2)?.values).toEqual(down.slice(48).map((value) => -value));
  });

  it('ends in CSI or a typed error where it is damaged', async () => {
    const whole = await readFile(matlab);
    for (let length = 128; length < whole.length; length += 501) {
      const path = await temporaryFile('cut.mat', whole.subarray(0, length));
      await expect(openCsiSource(path, link)).rejects.toThrow(fileFormat);
    }
    const flips = fc.array(fc.tuple(fc.integer({ min: 512, max: whole.length - 1 }), fc.nat(7)), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(flips, async (places) => {
        const bytes = Uint8Array.from(whole);
        for (const [at, bit] of places) bytes[at] = (bytes[at] as number) ^ (1 << bit);
        const path = await temporaryFile('flipped.mat', bytes);
        const outcome = await openCsiSource(path, link).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toEqual(fileFormat);
      }),
      { numRuns: 60 },
    );
  }, 30_000);
});
