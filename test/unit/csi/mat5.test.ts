import { readFile } from 'node:fs/promises';
import { deflateSync } from 'node:zlib';
import { CsiError } from '@edge-csi/csi';
import { openCsiSource } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { fixturePath, goldenArray, planar, relativeError, scenarios } from './golden.ts';
import { type MatVariable, matBytes, storages } from './mat-bytes.ts';
import { fc } from './seeded.ts';
import { temporaryFile } from './temporary.ts';

const link = {
  numAntennas: 4,
  numDelays: 3,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute' as const,
};
const large = { ...link, numAntennas: 32, numDelays: 32 };
const fileFormat = expect.objectContaining({ name: 'CsiError', code: 'file-format' });

async function open(bytes: Uint8Array, options: Partial<Parameters<typeof openCsiSource>[1]> = {}) {
  return openCsiSource(await temporaryFile('data.mat', bytes), { ...link, ...options });
}

/** Rows as a column-major variable. */
function columns(name: string, rows: readonly ArrayLike<number>[]): MatVariable {
  const width = rows[0]?.length ?? 0;
  const real = Array.from({ length: width }, (_, column) => rows.map((row) => row[column] as number)).flat();
  return { name, shape: [rows.length, width], real };
}

/** `count` rows of 24 that no two of are alike. */
function rows(count: number, offset = 0): number[][] {
  return Array.from({ length: count }, (_, row) => Array.from({ length: 24 }, (_, i) => offset + 100 * row + i - 50));
}

describe('MAT-file, version 5', () => {
  it.each(['dualnet-layout-v5.mat', 'dualnet-layout-v5-raw.mat'])('reads both bands of %s', async (name) => {
    const source = await openCsiSource(fixturePath(name), large);
    expect(source.numSamples).toBe(2);
    for (const band of ['downlink', 'uplink'] as const) {
      const { data } = await goldenArray(scenarios[0], band);
      for (const index of [0, 1]) {
        const golden = planar(data.subarray(2048 * index, 2048 * (index + 1)) as Float32Array);
        expect(relativeError(source[band](index)?.values as Float32Array, golden)).toBeLessThan(1e-6);
      }
    }
  });

  it('reads complex arrays of three axes and doubles stored as integers, as SciPy writes them', async () => {
    const path = fixturePath('mixed-v5.mat');
    const matrices = await openCsiSource(path, { ...link, downlinkVariable: 'H' });
    const expected = Array.from({ length: 12 }, (_, i) => 12 + i);
    expect([...matrices.downlink(1).values]).toEqual([...expected, ...expected.map((value) => -value / 8)]);
    const whole = await openCsiSource(path, { ...link, downlinkVariable: 'whole' });
    expect([...whole.downlink(1).values]).toEqual(Array.from({ length: 24 }, (_, i) => 24 + i));
  });

  it('lists what a file has where the downlink cannot be told', async () => {
    await expect(openCsiSource(fixturePath('mixed-v5.mat'), link)).rejects.toThrow(
      'Found counts int16 [1,3], label char [1,6], info struct [1,1], names cell [1,2], H complex128 [2,4,3], ' +
        'whole float64 [2,24]; expected one of floats [N, 24]',
    );
    await expect(openCsiSource(fixturePath('mixed-v5.mat'), { ...link, downlinkVariable: 'nix' })).rejects.toThrow(
      "downlinkVariable (--variable) is 'nix', found counts int16",
    );
  });

  const storage = fc.constantFrom(...(Object.keys(storages) as (keyof typeof storages)[]));
  it('returns what was stored, in any byte order, compressed or not, in any number type', async () => {
    const file = fc.record({ littleEndian: fc.boolean(), compressed: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(file, storage, fc.integer({ min: 1, max: 20 }), fc.boolean(), async (how, type, n, complex) => {
        // Fit for the smallest type, and not alike.
        const values = Array.from({ length: 12 * n }, (_, i) => (7 * i) % 100);
        const imaginary = values.map((value) => (value * 3) % 100);
        // Element [sample, antenna, delay] stands at sample + n * (antenna + 4 * delay).
        const at = (sample: number, part: readonly number[]) =>
          Array.from({ length: 12 }, (_, i) => part[sample + n * (Math.floor(i / 3) + 4 * (i % 3))]);
        const variable = complex
          ? { name: 'downlink', shape: [n, 4, 3], real: values, imaginary, storage: type }
          : { name: 'HD_1', shape: [n, 24], real: [...values, ...imaginary], storage: type };
        const source = await open(matBytes([variable], how));
        expect(source.numSamples).toBe(n);
        const flat = [...values, ...imaginary];
        for (const sample of [0, n - 1]) {
          const expected = complex
            ? [...at(sample, values), ...at(sample, imaginary)]
            : Array.from({ length: 24 }, (_, i) => flat[sample + n * i]);
          expect([...source.downlink(sample).values]).toEqual(expected);
        }
      }),
      { numRuns: 100 },
    );
  }, 30_000);

  it('pairs the names of data sets', async () => {
    const variables = [columns('HU_val', rows(2, 1)), columns('HD_val', rows(2))];
    const source = await open(matBytes(variables));
    expect([...source.downlink(1).values]).toEqual(rows(2)[1]);
    expect([...(source.uplink(1)?.values ?? [])]).toEqual(rows(2, 1)[1]);
    expect(source.description.uplink).toContain('HU_val float64 [2,24]');
  });

  it('takes the uplink from a second file by its name, whatever stands beside it', async () => {
    const other = matBytes([columns('extra', rows(2, 5)), columns('HU_train', rows(2, 7))]);
    const uplinkPath = await temporaryFile('up.mat', other);
    const source = await open(matBytes([columns('HD_train', rows(2))]), { uplinkPath });
    expect([...(source.uplink(0)?.values ?? [])]).toEqual(rows(2, 7)[0]);
    const named = await open(matBytes([columns('HD_train', rows(2))]), { uplinkPath, uplinkVariable: 'extra' });
    expect([...(named.uplink(0)?.values ?? [])]).toEqual(rows(2, 5)[0]);
  });

  it('asks which of two downlinks is meant, and takes its partner', async () => {
    const sets = ['HD_train', 'HD_val', 'HU_train', 'HU_val'].map((name, i) => columns(name, rows(1, 1000 * i)));
    await expect(open(matBytes(sets))).rejects.toThrow('Found HD_train float64 [1,24], HD_val float64 [1,24]');
    const source = await open(matBytes(sets), { downlinkVariable: 'HD_val' });
    expect(source.downlink(0).values[0]).toBe(950);
    expect(source.uplink(0)?.values[0]).toBe(2950);
  });
});

describe('values normalised to 0..1', () => {
  it("have DualNet's lost zero found again, so that only the scale is lost", async () => {
    const { data } = await goldenArray(scenarios[0], 'downlink');
    const golden = Array.from({ length: 8 }, (_, i) => planar(data.subarray(2048 * i, 2048 * (i + 1)) as Float32Array));
    const all = golden.flatMap((sample) => [...sample]);
    const [min, max] = [Math.min(...all), Math.max(...all)];
    const scaled = golden.map((sample) => Array.from(sample, (value) => (value - min) / (max - min)));
    const source = await open(matBytes([columns('HD_val', scaled)]), large);
    for (const [index, expected] of golden.entries()) {
      const restored = source.downlink(index).values.map((value) => value * (max - min));
      expect(relativeError(restored, expected)).toBeLessThan(0.02);
      const centred = Float32Array.from(scaled[index] as number[], (value) => (value - 0.5) * (max - min));
      expect(relativeError(centred, expected)).toBeGreaterThan(2);
    }
    expect(source.description.downlink).toContain('normalised, zero at 0.44');
  });

  it("have CsiNet's zero at 0.5", async () => {
    const values = [Array.from({ length: 24 }, (_, i) => (i + 4) / 32)];
    const source = await open(matBytes([columns('HT', values)]));
    expect([...source.downlink(0).values]).toEqual(values[0]?.map((value) => value - 0.5));
    expect(source.uplink(0)).toBeUndefined();
  });

  it('are refused where they have no sign', async () => {
    const absolute = [Array.from({ length: 24 }, (_, i) => (i === 5 ? 1 : 0.5 + 0.0001 * i))];
    await expect(open(matBytes([columns('HD_val', absolute)]))).rejects.toThrow('absolute parts without signs');
    const magnitudes = [Array.from({ length: 12 }, (_, i) => i / 12)];
    await expect(open(matBytes([columns('HD_val', magnitudes)]))).rejects.toThrow('magnitudes without phases');
  });
});

describe('a damaged MAT-file', () => {
  const good = matBytes([columns('Hur_down', rows(2)), columns('Hur_up', rows(2))]);
  const packed = matBytes([columns('Hur_down', rows(2)), columns('Hur_up', rows(2))], { compressed: true });

  it.each([
    ['plain', good],
    ['compressed', packed],
  ])('is refused wherever it is cut off: %s', async (_name, whole) => {
    expect((await open(whole)).description.uplink).toContain('Hur_up');
    for (let length = 0; length < whole.length; length += 7) {
      const outcome = await open(whole.subarray(0, length)).catch((error: unknown) => error);
      // Cut between its two variables, it is a whole file without uplink.
      if (outcome instanceof CsiError) expect(outcome).toEqual(fileFormat);
      else expect((outcome as Awaited<ReturnType<typeof open>>).description.uplink).toBeUndefined();
    }
  });

  it('never ends in anything but CSI or a typed error', async () => {
    const mixed = await readFile(fixturePath('mixed-v5.mat'));
    const flips = fc.array(fc.tuple(fc.nat(), fc.nat(7)), { minLength: 1, maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom<Uint8Array>(good, packed, mixed), flips, async (whole, places) => {
        const bytes = Uint8Array.from(whole);
        for (const [place, bit] of places) {
          // Headers are short: most flips would hit values, which nothing tells from others.
          const at = place % 2 === 0 ? 124 + (place % 120) : place % bytes.length;
          bytes[at] = (bytes[at] as number) ^ (1 << bit);
        }
        const outcome = await open(bytes).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toEqual(fileFormat);
      }),
      { numRuns: 300 },
    );
  }, 30_000);

  it('is refused by its checksum where a compressed value changed', async () => {
    const bytes = Uint8Array.from(packed);
    // The checksum of the first variable ends where the second begins.
    const end = 128 + 8 + new DataView(bytes.buffer).getUint32(132, true);
    bytes[end - 1] = (bytes[end - 1] as number) ^ 1;
    await expect(open(bytes)).rejects.toThrow(/data\.mat: variable at byte 128: .*damaged \(incorrect data check\)/);
  });

  it.each<[string, MatVariable, string]>([
    ['more values than it has bytes for', { name: 'x', shape: [1 << 20, 24], real: [1] }, 'has 8 bytes of type 9'],
    ['more values than memory', { name: 'x', shape: [(1 << 30) + 1, 24], real: [1] }, 'more than 1073741824 values'],
    ['an unknown class', { name: 'x', shape: [1, 24], real: [1], classNumber: 99 }, 'array class 99 is unknown'],
    ['a negative size', { name: 'x', shape: [-1, 24], real: [1] }, 'dimensions are [-1,24]'],
    ['a class without values', { name: 'x', shape: [1, 24], real: [1], classNumber: 4 }, 'found char [1,24]'],
  ])('is refused where a variable claims %s', async (_name, variable, message) => {
    await expect(open(matBytes([variable]))).rejects.toThrow(fileFormat);
    await expect(open(matBytes([variable]))).rejects.toThrow(message);
  });

  it('is refused where compressed data claims to grow as none can', async () => {
    const bomb = Buffer.alloc(8);
    bomb.writeUInt32LE(14, 0);
    bomb.writeUInt32LE(2 ** 31, 4);
    const data = deflateSync(bomb);
    const tag = Buffer.alloc(8);
    tag.writeUInt32LE(15, 0);
    tag.writeUInt32LE(data.length, 4);
    const bytes = Buffer.concat([good.subarray(0, 128), tag, data]);
    await expect(open(bytes)).rejects.toThrow(/claims 2147483648 bytes of data, more than \d+ bytes can hold/);
  });

  it('is refused where it has more variables than any data set', async () => {
    const scalar = matBytes([{ name: 'x', shape: [1, 1], real: [1] }]).subarray(128);
    const many = Buffer.concat([good.subarray(0, 128), ...Array.from({ length: 1025 }, () => scalar)]);
    await expect(open(many)).rejects.toThrow('more than 1024 variables');
  });
});
