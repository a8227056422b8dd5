import { readFile } from 'node:fs/promises';
import { createRandom, createSynthesizer } from '@edge-csi/csi';
import { type NpyArray, openCsiSource, readPathList, writeNpy, writeNpz } from '@edge-csi/csi/files';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { bandOf, fixturePath, goldenArray, planar, relativeError, scenarios } from './golden.ts';
import { temporaryFile, temporaryPath } from './temporary.ts';

const [indoor] = scenarios;
const link = {
  numAntennas: 4,
  numDelays: 3,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: indoor.downlinkCarrierHz,
  uplinkCarrierHz: indoor.uplinkCarrierHz,
  timing: 'absolute' as const,
};
const fileFormat = expect.objectContaining({ name: 'CsiError', code: 'file-format' });

function gaussians(seed: number, length: number): Float32Array {
  return Float32Array.from({ length }, createRandom(seed).gaussian);
}

function realMatrices(seed: number, numSamples: number): NpyArray & { data: Float32Array } {
  return { dtype: 'float32', shape: [numSamples, 24], data: gaussians(seed, numSamples * 24) };
}

describe('csi source', () => {
  it('synthesises both bands of a path list', async () => {
    const path = fixturePath('paths-indoor.npz');
    const paths = await readPathList(path);
    for (const timing of ['absolute', 'first-path'] as const) {
      const source = await openCsiSource(path, { ...link, timing });
      expect(source.name).toBe('paths-indoor.npz');
      expect(source.numSamples).toBe(8);
      for (const direction of ['downlink', 'uplink'] as const) {
        const expected = createSynthesizer(bandOf(indoor, direction), link, timing)(paths, 3);
        expect(source[direction](3)).toEqual(expected);
      }
    }
  });

  it('tells the environment and distance of a sample where the file does', async () => {
    const path = await temporaryPath('columns.npz');
    const column = { dtype: 'int32', shape: [2], data: Int32Array.of(4, 9) } as const;
    const distance = { dtype: 'float32', shape: [2], data: Float32Array.of(1.5, 20) } as const;
    await writeNpz(path, { downlink: realMatrices(1, 2), environment: column, distance_m: distance });
    const source = await openCsiSource(path, link);
    expect([source.environment?.(0), source.environment?.(1), source.distanceM?.(1)]).toEqual([4, 9, 20]);
    expect(() => source.environment?.(2)).toThrow(/index is 2, must be 0..1/);
    // Something else of that name is not taken for it.
    await writeNpz(path, { downlink: realMatrices(1, 2), environment: distance });
    expect((await openCsiSource(path, link)).environment).toBeUndefined();
  });

  it('reads real arrays with an axis for the parts', async () => {
    const path = await temporaryPath('parts.npy');
    const array = realMatrices(1, 5);
    await writeNpy(path, { ...array, shape: [5, 2, 4, 3] });
    expect((await openCsiSource(path, link)).downlink(2).values).toEqual(array.data.slice(48, 72));
  });

  it('reads real .npy, the real half first', async () => {
    const path = await temporaryPath('real.npy');
    const array = realMatrices(1, 5);
    await writeNpy(path, array);
    const source = await openCsiSource(path, link);
    expect(source.numSamples).toBe(5);
    expect(source.downlink(2)).toEqual({
      domain: 'angular-delay',
      numAntennas: 4,
      numDelays: 3,
      values: array.data.slice(48, 72),
    });
    expect(source.uplink(2)).toBeUndefined();
  });

  it.each(['complex64', 'complex128'] as const)('reads %s .npz with both bands', async (dtype) => {
    const path = await temporaryPath('complex.npz');
    const [down, up] = [gaussians(2, 48), gaussians(3, 48)];
    const shape = [2, 4, 3];
    await writeNpz(
      path,
      dtype === 'complex64'
        ? { downlink: { dtype, shape, data: down }, uplink: { dtype, shape, data: up } }
        : {
            downlink: { dtype, shape, data: Float64Array.from(down) },
            uplink: { dtype, shape, data: Float64Array.from(up) },
          },
    );
    const source = await openCsiSource(path, link);
    expect(source.downlink(1).values).toEqual(planar(down.subarray(24)));
    expect(source.uplink(1)?.values).toEqual(planar(up.subarray(24)));
  });

  it('takes the uplink from a second file', async () => {
    const [downPath, upPath] = [await temporaryPath('down.npy'), await temporaryPath('up.npz')];
    const uplink = realMatrices(5, 2);
    await writeNpy(downPath, realMatrices(4, 2));
    await writeNpz(upPath, { anything: uplink });
    const source = await openCsiSource(downPath, { ...link, uplinkPath: upPath });
    expect(source.uplink(0)?.values).toEqual(uplink.data.slice(0, 24));
    await writeNpz(upPath, { uplink, downlink: realMatrices(6, 2) });
    const named = await openCsiSource(downPath, { ...link, uplinkPath: upPath });
    expect(named.uplink(0)?.values).toEqual(uplink.data.slice(0, 24));
  });

  it('hands out samples that can be changed without changing the source', async () => {
    const path = await temporaryPath('real.npy');
    const array = realMatrices(7, 1);
    await writeNpy(path, array);
    const source = await openCsiSource(path, link);
    source.downlink(0).values.fill(0);
    expect(source.downlink(0).values).toEqual(array.data);
  });

  it('refuses an uplink with another number of samples', async () => {
    const [downPath, upPath] = [await temporaryPath('down.npy'), await temporaryPath('up.npy')];
    await writeNpy(downPath, realMatrices(4, 2));
    await writeNpy(upPath, realMatrices(4, 3));
    const opening = openCsiSource(downPath, { ...link, uplinkPath: upPath });
    await expect(opening).rejects.toThrow(`${upPath}: 3 uplink samples, expected 2 as downlink`);
    await expect(opening).rejects.toThrow(fileFormat);
  });

  it.each<[string, NpyArray]>([
    ['of another width', { dtype: 'float32', shape: [2, 12], data: new Float32Array(24) }],
    ['with antennas and delays exchanged', { dtype: 'complex64', shape: [1, 3, 4], data: new Float32Array(24) }],
    ['that are complex and flat', { dtype: 'complex64', shape: [1, 24], data: new Float32Array(48) }],
    ['without samples', { dtype: 'float32', shape: [0, 24], data: new Float32Array(0) }],
    ['without dimensions', { dtype: 'float32', shape: [], data: new Float32Array(1) }],
  ])('refuses matrices %s, saying what was found and expected', async (_name, array) => {
    const path = await temporaryPath('bad.npy');
    await writeNpy(path, array);
    const opening = openCsiSource(path, link);
    await expect(opening).rejects.toThrow(fileFormat);
    await expect(opening).rejects.toThrow(
      `found ${array.dtype} [${array.shape}], expected floats [N, 24] or [N, 2, 4, 3], real half first, or complex [N, 4, 3]`,
    );
  });

  it('refuses an archive whose downlink cannot be told', async () => {
    const path = await temporaryPath('two.npz');
    await writeNpz(path, { a: realMatrices(1, 1), b: realMatrices(2, 1) });
    await expect(openCsiSource(path, link)).rejects.toThrow(
      'which variable is the downlink? Found a float32 [1,24], b float32 [1,24]; expected one of floats [N, 24]',
    );
    await writeNpz(path, {});
    await expect(openCsiSource(path, link)).rejects.toThrow('Found no variables');
    const downPath = await temporaryPath('down.npy');
    await writeNpy(downPath, realMatrices(1, 1));
    await expect(openCsiSource(downPath, { ...link, uplinkPath: path })).rejects.toThrow(fileFormat);
  });

  it('refuses files of another format', async () => {
    const matlab = await temporaryFile('data.mat', Buffer.from('MATLAB 5.0 MAT-file, ...'));
    await expect(openCsiSource(matlab, link)).rejects.toThrow(fileFormat);
    await expect(openCsiSource(matlab, link)).rejects.toThrow(
      'expected .npz, .npy or .mat (version 5 to 7.3), found text',
    );
    await expect(openCsiSource(await temporaryFile('empty', new Uint8Array(0)), link)).rejects.toThrow(fileFormat);
    const whole = await readFile(fixturePath('paths-indoor.npz'));
    const half = await temporaryFile('half.npz', whole.subarray(0, whole.length / 2));
    await expect(openCsiSource(half, link)).rejects.toThrow(fileFormat);
  });

  it('refuses an index out of range', async () => {
    const path = await temporaryPath('real.npy');
    await writeNpy(path, realMatrices(1, 2));
    for (const source of [
      await openCsiSource(path, link),
      await openCsiSource(fixturePath('paths-indoor.npz'), link),
    ]) {
      for (const index of [-1, source.numSamples, 0.5]) expect(() => source.downlink(index)).toThrow(RangeError);
    }
  });
});

describe('spatial-frequency CSI', () => {
  const full = { ...link, numAntennas: 32, numDelays: 32 };

  /** The golden matrix over 1,024 subcarriers as complex [antenna][subcarrier], and the angular-delay matrix it gives. */
  async function golden() {
    const { data } = await goldenArray(indoor, 'downlink_spatial_frequency_0');
    const transposed = new Float32Array(data.length);
    for (let k = 0; k < 1024; k++) {
      for (let antenna = 0; antenna < 32; antenna++) {
        for (const part of [0, 1]) {
          transposed[2 * (antenna * 1024 + k) + part] = Number(data[2 * (k * 32 + antenna) + part]);
        }
      }
    }
    const { data: angularDelay } = await goldenArray(indoor, 'downlink');
    return { transposed, expected: planar(angularDelay.subarray(0, 2048) as Float32Array) };
  }

  it('is transformed, a sample for each receive antenna, as DeepMIMO has it', async () => {
    const { transposed, expected } = await golden();
    const data = new Float32Array(2 * transposed.length);
    data.set(transposed);
    data.set(
      transposed.map((value) => 2 * value),
      transposed.length,
    );
    const path = await temporaryPath('deepmimo.npz');
    await writeNpz(path, {
      channel: { dtype: 'complex64', shape: [1, 2, 32, 1024], data },
      location: { dtype: 'float64', shape: [1, 3], data: new Float64Array(3) },
    });
    const source = await openCsiSource(path, full);
    expect(source.numSamples).toBe(2);
    expect(relativeError(source.downlink(0).values, expected)).toBeLessThan(1e-5);
    expect(
      relativeError(
        source.downlink(1).values,
        expected.map((value) => 2 * value),
      ),
    ).toBeLessThan(1e-5);
  });

  it('is told by its energy, or by an option, where there is one receive antenna', async () => {
    const { transposed, expected } = await golden();
    const path = await temporaryPath('subcarriers.npy');
    await writeNpy(path, { dtype: 'complex64', shape: [1, 32, 1024], data: transposed });
    expect(relativeError((await openCsiSource(path, full)).downlink(0).values, expected)).toBeLessThan(1e-5);
    const source = await openCsiSource(path, { ...full, layout: 'spatial-frequency' });
    expect(relativeError(source.downlink(0).values, expected)).toBeLessThan(1e-5);
  });

  it('is taken from an archive that has pickled objects beside it', async () => {
    const header = "{'descr': '|O', 'fortran_order': False, 'shape': (), }".padEnd(117);
    const pickled = Buffer.concat([Buffer.from([0x93]), Buffer.from(`NUMPY\x01\x00\x76\x00${header}\n`, 'latin1')]);
    const archive = zipSync({ 'params.npy': pickled, 'H.npy': await readFile(await matricesFile()) });
    const source = await openCsiSource(await temporaryFile('mixed.npz', archive), link);
    expect(source.description.downlink).toBe('.npz H float32 [2,24]: real and imaginary parts');
  });
});

/** A .npy file with two samples. */
async function matricesFile(): Promise<string> {
  const path = await temporaryPath('real.npy');
  await writeNpy(path, realMatrices(8, 2));
  return path;
}
