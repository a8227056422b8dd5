import { type AngularDelayCsi, createRandom, createSynthesizer, toSpatialFrequency } from '@edge-csi/csi';
import { type CsiSourceOptions, type NpyArray, openCsiSource, readPathList, writeNpz } from '@edge-csi/csi/files';
import { zipSync } from 'fflate';
import { beforeAll, describe, expect, it } from 'vitest';
import { formatNpy } from '../../../csi/src/files/npy.ts';
import { bandOf, fixturePath, relativeError, scenarios } from './golden.ts';
import { matBytes } from './mat-bytes.ts';
import { temporaryFile, temporaryPath } from './temporary.ts';

const library = await import('h5wasm/node').catch(() => undefined);
if (library === undefined) process.stderr.write('HDF5 is not tested: h5wasm is not installed\n');

const [indoor] = scenarios;
const link: CsiSourceOptions = {
  numAntennas: 32,
  numDelays: 32,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: indoor.downlinkCarrierHz,
  uplinkCarrierHz: indoor.uplinkCarrierHz,
  timing: 'absolute',
};
const numSamples = 8;
const numEntries = 1024;

let channels: readonly AngularDelayCsi[];

beforeAll(async () => {
  const paths = await readPathList(fixturePath('paths-indoor.npz'));
  const synthesize = createSynthesizer(bandOf(indoor, 'downlink'), link, 'absolute');
  channels = Array.from({ length: numSamples }, (_, i) => synthesize(paths, i));
});

/** Complex [N, antenna, delay], with noise of so many dB below each channel. */
function angularDelay(snrDb = Number.POSITIVE_INFINITY): Float32Array {
  const random = createRandom(5);
  return interleave(numEntries, (n, entry) => {
    const { values } = channels[n] as AngularDelayCsi;
    const sigma =
      Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length) * 10 ** (-snrDb / 20);
    return [
      (values[entry] as number) + sigma * random.gaussian(),
      (values[numEntries + entry] as number) + sigma * random.gaussian(),
    ];
  });
}

/** Complex [N, antenna, subcarrier], every so-manieth of 1,024. */
function antennaSubcarrier(numSubcarriers: number): Float32Array {
  const wide = channels.map((csi) => toSpatialFrequency(csi, 1024).values);
  return interleave(32 * numSubcarriers, (n, entry) => {
    const [antenna, k] = [Math.floor(entry / numSubcarriers), entry % numSubcarriers];
    const from = Math.floor((k * 1024) / numSubcarriers) * 32 + antenna;
    const values = wide[n] as Float32Array;
    return [values[from] as number, values[32 * 1024 + from] as number];
  });
}

function interleave(length: number, at: (sample: number, entry: number) => readonly [number, number]): Float32Array {
  const out = new Float32Array(2 * length * numSamples);
  for (let i = 0; i < length * numSamples; i++) out.set(at(Math.floor(i / length), i % length), 2 * i);
  return out;
}

const complex = (shape: readonly number[], data: Float32Array): NpyArray => ({ dtype: 'complex64', shape, data });

async function open(arrays: Readonly<Record<string, NpyArray>>, options: Partial<CsiSourceOptions> = {}) {
  const path = await temporaryPath('theirs.npz');
  await writeNpz(path, arrays);
  return openCsiSource(path, { ...link, ...options });
}

describe('the domain of complex matrices', () => {
  it('is told by their energy where both axes would fit either', async () => {
    const delays = await open({ channel: complex([8, 32, 32], angularDelay()) });
    expect(delays.description.downlink).toContain('complex matrices');
    expect(delays.downlink(3)).toEqual(channels[3]);
    const subcarriers = await open({ channel: complex([8, 32, 32], antennaSubcarrier(32)) });
    expect(subcarriers.description.downlink).toContain('spatial-frequency CSI, 32 subcarriers');
    expect(subcarriers.notes).toEqual(['downlink: read as spatial-frequency, 32 subcarriers, told by its energy']);
  });

  it('is told under noise as strong as the channel', async () => {
    const noisy = await open({ channel: complex([8, 32, 32], angularDelay(0)) });
    expect(noisy.description.downlink).toContain('complex matrices');
  });

  it('is asked for where energy does not tell', async () => {
    const noise = Float32Array.from({ length: 2 * 8 * 1024 }, createRandom(3).gaussian);
    await expect(open({ channel: complex([8, 32, 32], noise) })).rejects.toThrow(
      'set layout (--layout) to angular-delay',
    );
    const told = await open({ channel: complex([8, 32, 32], noise) }, { layout: 'angular-delay' });
    expect(told.downlink(0).values[0]).toBe(noise[0]);
    // What this project writes is angular-delay by definition.
    expect((await open({ downlink: complex([8, 32, 32], noise) })).downlink(0).values[0]).toBe(noise[0]);
  });

  it('is spatial-frequency whatever an option says only if the option says so', async () => {
    const forced = await open({ channel: complex([8, 32, 32], antennaSubcarrier(32)) }, { layout: 'angular-delay' });
    expect(forced.description.downlink).toContain('complex matrices');
  });

  it('is refused where more delays are there than asked for', async () => {
    const wide = interleave(32 * 64, (n, entry) => {
      const [antenna, tap] = [Math.floor(entry / 64), entry % 64];
      const { values } = channels[n] as AngularDelayCsi;
      return tap < 32
        ? [values[antenna * 32 + tap] as number, values[numEntries + antenna * 32 + tap] as number]
        : [0, 0];
    });
    await expect(open({ channel: complex([8, 32, 64], wide) })).rejects.toThrow('ask for 64 delays (--delays)');
  });
});

describe('the axes of an array', () => {
  it('may have ones between them, as a ray tracer writes', async () => {
    const source = await open({ h_freq: complex([8, 1, 1, 1, 32, 1, 64], antennaSubcarrier(64)) });
    expect(source.numSamples).toBe(8);
    expect(
      relativeError(
        source.downlink(2).values.map((value) => 4 * value),
        (channels[2] as AngularDelayCsi).values,
      ),
    ).toBeLessThan(0.05);
  });

  it('may have the BS antennas where it receives, as an uplink has', async () => {
    const data = antennaSubcarrier(64);
    const straight = await open({ channel: complex([8, 1, 32, 64], data) });
    const swapped = await open({ channel: complex([8, 32, 1, 64], data) });
    expect(swapped.downlink(5)).toEqual(straight.downlink(5));
  });

  it('may have real and imaginary parts on the last', async () => {
    const data = angularDelay();
    const source = await open({ csi: { dtype: 'float32', shape: [8, 32, 32, 2], data } });
    expect(source.downlink(4)).toEqual(channels[4]);
  });

  it('are refused with the call that permutes them where samples are on the last', async () => {
    const data = angularDelay();
    const last = new Float32Array(data.length);
    for (let n = 0; n < 8; n++)
      for (let e = 0; e < 1024; e++)
        last.set(data.subarray(2 * (n * 1024 + e), 2 * (n * 1024 + e) + 2), 2 * (e * 8 + n));
    await expect(open({ H: complex([32, 32, 8], last) })).rejects.toThrow(
      'numpy.moveaxis(x, -1, 0), or permute(x, [3 1 2])',
    );
    // With more samples than delays the shape alone would also be antennas and subcarriers.
    const more = new Float32Array(2 * 1024 * 40);
    for (let i = 0; i < 1024; i++)
      for (let n = 0; n < 40; n++)
        more.set(last.subarray(2 * (i * 8 + (n % 8)), 2 * (i * 8 + (n % 8)) + 2), 2 * (i * 40 + n));
    await expect(open({ H: complex([32, 32, 40], more) })).rejects.toThrow('samples seem to be on the last axis');
  });

  it('are refused with the call that swaps them where subcarriers come first', async () => {
    await expect(open({ H: complex([8, 64, 32], antennaSubcarrier(64)) })).rejects.toThrow('numpy.swapaxes(x, -1, -2)');
  });

  it('are refused where there is no sample', async () => {
    await expect(open({ H: complex([0, 32, 32], new Float32Array(0)) })).rejects.toThrow('which has no samples');
  });
});

describe('real and imaginary parts in two variables', () => {
  const parts = (): Record<string, NpyArray> => {
    const data = angularDelay();
    const part = (which: 0 | 1): NpyArray => ({
      dtype: 'float32',
      shape: [8, 32, 32],
      data: data.filter((_, i) => i % 2 === which),
    });
    return { a: part(0), b: part(1) };
  };

  it.each([
    ['H_r', 'H_i'],
    ['real', 'imag'],
    ['csi.re', 'csi.im'],
  ])('are joined by their names, %s and %s', async (real, imaginary) => {
    const { a, b } = parts();
    const source = await open({ [real]: a as NpyArray, [imaginary]: b as NpyArray });
    expect(source.downlink(1)).toEqual(channels[1]);
  });

  it('are joined where an option names both', async () => {
    expect((await open(parts(), { downlinkVariable: 'a,b' })).downlink(1)).toEqual(channels[1]);
    await expect(open(parts(), { downlinkVariable: 'a,c' })).rejects.toThrow("is 'a,c', found a float32");
  });
});

describe('parts that are normalised', () => {
  const normalized = (): Float32Array => {
    const peak = Math.max(...channels.map(({ values }) => Math.max(...values.map(Math.abs))));
    return Float32Array.from(
      { length: 8 * 2048 },
      (_, i) => 0.5 + (0.5 / peak) * ((channels[Math.floor(i / 2048)] as AngularDelayCsi).values[i % 2048] as number),
    );
  };

  it('are read as such although a value or two lie past the end', async () => {
    const data = normalized();
    data[7] = 1.0001;
    data[9] = -0.0001;
    const source = await open({ HD_val: { dtype: 'float32', shape: [8, 2048], data } });
    expect(source.notes[0]).toMatch(/^downlink: read as normalised, zero at 0\.(4999|5000)/);
    expect(Math.abs(source.downlink(3).values[1000] as number)).toBeLessThan(0.1);
  });
});

describe('parts of other normalisations', () => {
  /** What a tool makes of all real and imaginary parts, `[8, 2, 32, 32]`, as an array of a type and shape. */
  const scaled = (scale: (value: number, part: 0 | 1) => number): Float32Array =>
    Float32Array.from({ length: 8 * 2048 }, (_, i) => {
      const part = i % 2048 < numEntries ? 0 : 1;
      return scale((channels[Math.floor(i / 2048)] as AngularDelayCsi).values[i % 2048] as number, part);
    });
  const halves = (data: Float32Array) => ({ H: { dtype: 'float32', shape: [8, 2, 32, 32], data } }) as const;
  const interleaved = (data: Float32Array) =>
    interleave(numEntries, (n, entry) => [
      data[2048 * n + entry] as number,
      data[2048 * n + numEntries + entry] as number,
    ]);
  let peak: number;
  beforeAll(() => {
    peak = Math.max(...channels.map(({ values }) => Math.max(...values.map(Math.abs))));
  });
  /** How far a source is from the channels, once its matrices have their norm. */
  const error = (source: Awaited<ReturnType<typeof open>>) => {
    const { values } = source.downlink(3);
    const truth = (channels[3] as AngularDelayCsi).values;
    const norm = (of: Float32Array) => Math.sqrt(of.reduce((sum, value) => sum + value * value, 0));
    return relativeError(
      values.map((value) => (value * norm(truth)) / norm(values)),
      truth,
    );
  };

  it('are mapped back where they are the last axis or complex', async () => {
    const data = interleaved(scaled((value) => 0.5 + (0.5 * value) / peak));
    for (const array of [complex([8, 32, 32], data), { dtype: 'float32', shape: [8, 32, 32, 2], data } as const]) {
      const source = await open({ H: array });
      expect(source.notes).toEqual([expect.stringMatching(/^downlink: read as normalised, zero at 0\.(4999|5)/)]);
      expect(error(source)).toBeLessThan(0.01);
    }
  });

  it('are mapped back where they reach from -1 to 1 and zero is off 0', async () => {
    const source = await open(halves(scaled((value) => 0.15 + (0.85 * value) / peak)));
    expect(source.notes[0]).toMatch(/read as normalised, zero at 0\.1(49|5)/);
    expect(error(source)).toBeLessThan(0.01);
    expect((await open(halves(scaled((value) => value)))).notes).toEqual([]);
  });

  it('are mapped back where each part has an extent of its own', async () => {
    const source = await open(halves(scaled((value, part) => (part === 0 ? 0.44 : 0.52) + (0.4 * value) / peak)));
    expect(source.notes[0]).toMatch(/zero at 0\.4(39|4)\d* and 0\.5(19|2)/);
    expect(error(source)).toBeLessThan(0.01);
  });

  it('are refused where each sample has an extent of its own', async () => {
    const data = Float32Array.from(
      channels.flatMap(({ values }) => {
        const [min, max] = [Math.min(...values), Math.max(...values)];
        return Array.from(values, (value) => (value - min) / (max - min));
      }),
    );
    await expect(open(halves(data))).rejects.toThrow('each sample is normalised to 0..1 on its own');
  });

  it('are read as integers of whatever size, and named as such where they have no sign', async () => {
    const around = (zero: number, most: number) => scaled((value) => Math.round(zero + (most * value) / peak));
    const arrays: readonly [NpyArray, string][] = [
      [
        { dtype: 'uint8', shape: [8, 2, 32, 32], data: Uint8Array.from(around(128, 127)) },
        'unsigned integers, zero at 128',
      ],
      [{ dtype: 'int64', shape: [8, 2, 32, 32], data: BigInt64Array.from(around(0, 9999), BigInt) }, ''],
    ];
    for (const [array, note] of arrays) {
      const source = await open({ H: array });
      expect(source.notes.join()).toContain(note);
      expect(error(source)).toBeLessThan(0.15);
    }
  });

  it('are refused where complex numbers have no phases', async () => {
    const data = interleaved(scaled((value, part) => (part === 0 ? Math.abs(value) : 0)));
    await expect(open({ H: complex([8, 32, 32], data) })).rejects.toThrow('magnitudes or absolute parts');
  });
});

describe('columns beside CSI', () => {
  const csi = () => ({ downlink: complex([8, 32, 32], angularDelay()) });
  const counting = Int16Array.of(0, 1, 2, 3, 4, 5, 6, 7);

  it('are read whatever their type', async () => {
    const source = await open({
      ...csi(),
      environment: { dtype: 'int16', shape: [8], data: counting },
      ue: { dtype: 'uint8', shape: [8, 1], data: Uint8Array.from(counting) },
    });
    expect(source.environment?.(5)).toBe(5);
    expect([...(source.columns.ue ?? [])]).toEqual([...counting]);
  });

  it('are read where they are true or false', async () => {
    const column = Buffer.from(formatNpy({ dtype: 'uint8', shape: [8], data: Uint8Array.of(0, 1, 0, 1, 0, 1, 1, 1) }));
    column.write('|b1', column.indexOf('|u1'));
    const archive = zipSync({ 'downlink.npy': formatNpy(csi().downlink), 'environment.npy': column });
    const source = await openCsiSource(await temporaryFile('los.npz', archive), link);
    expect([source.environment?.(4), source.environment?.(6)]).toEqual([0, 1]);
  });

  it('are read from a row of a MAT-file', async () => {
    const { values } = channels[0] as AngularDelayCsi;
    const file = matBytes([
      { name: 'HD_val', shape: [1, 2048], real: [...values] },
      { name: 'environment', shape: [1, 1], real: [3], classNumber: 10, storage: 'int16' },
    ]);
    const source = await openCsiSource(await temporaryFile('row.mat', file), link);
    expect(source.environment?.(0)).toBe(3);
  });

  it('are named where they are left aside', async () => {
    const source = await open({ ...csi(), environment: { dtype: 'int16', shape: [2, 4], data: counting } });
    expect(source.environment).toBeUndefined();
    expect(source.notes).toEqual(['environment int16 [2,4] is left aside: a column has 8 whole numbers, one a sample']);
  });
});

describe('archives and files of other tools', () => {
  const npy = () => formatNpy(complex([8, 32, 32], angularDelay()));

  it('are read from an archive packed again on macOS', async () => {
    const archive = zipSync({ 'data/downlink.npy': npy(), '__MACOSX/data/._downlink.npy': new Uint8Array(9) });
    expect((await openCsiSource(await temporaryFile('mac.npz', archive), link)).downlink(2)).toEqual(channels[2]);
  });

  it.each([
    ['an archive of other files', zipSync({ 'a.mat': new Uint8Array(9) }), 'without a .npy in it, but with a.mat'],
    ['JSON', Buffer.from('{"H": [[1, 2]]}'), 'found JSON'],
    ['a table with a head', Buffer.from('re0,im0\n1,2\n'), 'skiprows=1'],
    ['an old pickle', Buffer.from('cnumpy.core.multiarray\n'), 'found a Python pickle'],
  ])('are named where they are %s', async (_, bytes, message) => {
    await expect(openCsiSource(await temporaryFile('theirs', bytes), link)).rejects.toThrow(message);
  });

  it('are refused by the compression that is not read', async () => {
    const archive = zipSync({ 'downlink.npy': npy() });
    const method = new DataView(archive.buffer, archive.byteOffset);
    for (let at = 0; at < archive.length - 4; at++) {
      const signature = method.getUint32(at, true);
      if (signature === 0x04034b50) method.setUint16(at + 8, 12, true);
      if (signature === 0x02014b50) method.setUint16(at + 10, 12, true);
    }
    await expect(openCsiSource(await temporaryFile('bz.npz', archive), link)).rejects.toThrow('compressed by bzip2');
  });

  it('are read in half precision and the other byte order', async () => {
    const values = Uint16Array.of(0x3c00, 0xc000, 0x0001, 0x7bff);
    const header = (descr: string) => {
      const dict = `{'descr': '${descr}', 'fortran_order': False, 'shape': (1, 4), }`.padEnd(117);
      return Buffer.concat([Buffer.from([0x93]), Buffer.from(`NUMPY\x01\x00\x76\x00${dict}\n`, 'latin1')]);
    };
    const tiny = { ...link, numAntennas: 1, numDelays: 2 };
    for (const [descr, bytes] of [
      ['<f2', Buffer.from(values.buffer)],
      ['>f2', Buffer.from(new Uint8Array(values.buffer)).swap16()],
    ] as const) {
      const path = await temporaryFile('half.npy', Buffer.concat([header(descr), bytes]));
      expect([...(await openCsiSource(path, tiny)).downlink(0).values]).toEqual([1, -2, Math.fround(2 ** -24), 65504]);
    }
  });

  it.each<[string, string | Buffer, string]>([
    ['a Git LFS pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\n', 'git lfs pull'],
    ['a web page', '<!DOCTYPE html><html></html>', 'a web page'],
    ['a table as text', '0.5,0.25\n1e-3,2\n', 'numpy.loadtxt'],
    ['a pickle', Buffer.from([0x80, 4, 0x95, 0]), 'a Python pickle'],
    ['a gzip archive', Buffer.from([0x1f, 0x8b, 8, 0]), 'gunzip'],
    [
      'a MAT-file of version 4',
      Buffer.from([0, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 72, 0]),
      "'-v7'",
    ],
  ])('are named for what they are: %s', async (_name, content, wayOut) => {
    const path = await temporaryFile('theirs.npy', Buffer.from(content));
    await expect(openCsiSource(path, link)).rejects.toThrow(wayOut);
  });

  it.skipIf(library === undefined)('are read from groups of HDF5, in half precision, with columns', async () => {
    const source = await openCsiSource(fixturePath('groups-float16.h5'), link);
    expect(relativeError(source.downlink(1).values, (channels[1] as AngularDelayCsi).values)).toBeLessThan(1e-3);
    expect(source.description.uplink).toContain('site/uplink');
    expect([source.environment?.(2), source.distanceM?.(0)]).toEqual([9, 1.5]);
  });
});
