import { type AngularDelayCsi, createRandom, pathCodecSpec } from '@edge-csi/csi';
import { createPathCodec, fitPathTables, markPaths, type PathRate, type PropagationPath } from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { fc } from '../seeded.ts';
import { addNoise, channelOf, drawPaths, energyOf, errorOf, refusal } from './channel.ts';

const linear = createPathCodec(pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024 }));
const clean = { noiseVariance: 0 } as const;
const cap = (maxBits: number): PathRate => ({ mode: 'cap', maxBits, ...clean });

function path(one: number, delaySamples: number, gainRe: number, gainIm = 0): PropagationPath {
  return { spatialFrequency: [one, 0], delaySamples, gainRe, gainIm };
}

describe('path codec', () => {
  it.each([
    ['a linear array', 32, 1024],
    ['an array of no power of two', 27, 1024],
    ['a planar array', [8, 4] as const, 1024],
    ['a single antenna', 1, 256],
    ['all taps kept', 16, 32],
  ])('reports a few paths of %s to 30 dB in 400 bits', (_, antennas, numSubcarriers) => {
    const codec = createPathCodec(pathCodecSpec({ antennas, numDelays: 32, numSubcarriers }));
    const csi = channelOf(codec, drawPaths(codec, 5, 5));
    const report = codec.encode(csi, cap(400));
    expect(report.bits).toBeLessThanOrEqual(400);
    expect(report.payload.length).toBe(Math.ceil(report.bits / 8));
    const error = errorOf(codec, csi, report.payload);
    expect(error).toBeLessThan(1e-3);
    expect(report.squaredErrorRatio / error).toBeCloseTo(1, 2);
  });

  it.each([1, 2, 33, 256, 1024])('has tables without data for %i delays and any array', (numDelays) => {
    for (const antennas of [1, 2, 3, 64, 256, [8, 8] as const]) {
      const codec = createPathCodec(pathCodecSpec({ antennas, numDelays, numSubcarriers: 1024 }));
      const csi = channelOf(codec, drawPaths(codec, 2, 3));
      expect(errorOf(codec, csi, codec.encode(csi, cap(200)).payload)).toBeLessThan(1e-2);
    }
  });

  it('agrees with the sum over antennas and subcarriers of what a path means', () => {
    const given = path(0.2371, 5.43, 0.3, -0.4);
    const { values } = channelOf(linear, [given]);
    const [antennas, taps, subcarriers] = [32, 32, 1024];
    for (const [i, t] of [
      [7, 5],
      [8, 6],
      [0, 31],
    ] as const) {
      let re = 0;
      let im = 0;
      for (let n = 0; n < antennas; n++) {
        for (let k = 0; k < subcarriers; k++) {
          const turns = -n * 0.2371 - (k * 5.43) / subcarriers + (n * i) / antennas + (k * t) / subcarriers;
          const [cos, sin] = [Math.cos(2 * Math.PI * turns), Math.sin(2 * Math.PI * turns)];
          re += 0.3 * cos + 0.4 * sin;
          im += 0.3 * sin - 0.4 * cos;
        }
      }
      const scale = Math.sqrt(antennas * subcarriers);
      expect(values[i * taps + t]).toBeCloseTo(re / scale, 3);
      expect(values[(antennas + i) * taps + t]).toBeCloseTo(im / scale, 3);
    }
  });

  it.each([
    ['a grid point', path(8 / 32, 4, 1)],
    ['the first tap', path(0.3, 0, 1)],
    ['the edge of the window', path(0.3, 31.7, 1)],
    ['half a bin', path(8.5 / 32, 4.5, 1)],
    ['the seam of the angles', path(0.9999, 3, 1)],
  ])('finds one path on %s, and no other', (_, given) => {
    const csi = channelOf(linear, [given]);
    const report = linear.encode(csi, { mode: 'quality', bitPrice: 1e-4, ...clean });
    expect(report.numPaths).toBe(1);
    expect(errorOf(linear, csi, report.payload)).toBeLessThan(5e-3);
  });

  it.each([
    ['a linear array', [32, 1] as const, [0.25, 0] as const, 8],
    ['the seam of the angles', [32, 1] as const, [0.99, 0] as const, -0.32],
    ['a planar array', [8, 4] as const, [0.26, 0.3] as const, 9.2],
  ])('places a path of %s in the matrix where its strongest entry is', (_, antennas, spatialFrequency, row) => {
    const codec = createPathCodec(pathCodecSpec({ antennas, numDelays: 16, numSubcarriers: 1024 }));
    const strong = { spatialFrequency, delaySamples: 5.2, gainRe: 0, gainIm: 2 };
    const [mark, weak] = markPaths([strong, { ...strong, gainIm: -0.5 }], antennas);
    expect(mark?.row).toBeCloseTo(row, 9);
    expect(mark).toMatchObject({ column: 5.2, size: 1 });
    expect(weak?.size).toBe(0.25);
    const { values } = channelOf(codec, [strong]);
    const energies = Array.from(
      { length: 512 },
      (_, i) => (values[i] as number) ** 2 + (values[512 + i] as number) ** 2,
    );
    expect(energies.indexOf(Math.max(...energies))).toBe((Math.round(row + 32) % 32) * 16 + 5);
  });

  it('keeps two coincident and two close paths finite and true', () => {
    for (const other of [0.3, 0.302, 0.31]) {
      const csi = channelOf(linear, [path(0.3, 4, 1), path(other, 4.1, 0, 1)]);
      expect(errorOf(linear, csi, linear.encode(csi, cap(300)).payload)).toBeLessThan(1e-2);
    }
  });

  it.each([-200, -120, 0, 60])('covers a peak of %s dB', (db) => {
    const csi = channelOf(linear, drawPaths(linear, 3, 4));
    const peak = Math.max(...csi.values.map(Math.abs));
    const scaled = { ...csi, values: csi.values.map((value) => (value / peak) * 10 ** (db / 20)) };
    expect(errorOf(linear, scaled, linear.encode(scaled, cap(300)).payload)).toBeLessThan(1e-2);
  });

  it('reports nothing of noise alone', () => {
    const silence: AngularDelayCsi = {
      domain: 'angular-delay',
      numAntennas: 32,
      numDelays: 32,
      values: new Float32Array(2048),
    };
    for (const rate of [
      { mode: 'cap', maxBits: 400 },
      { mode: 'quality', bitPrice: 1e-4 },
    ] satisfies PathRate[]) {
      const report = linear.encode(addNoise(silence, 4, 1), rate);
      expect(report.numPaths).toBe(0);
      expect(linear.decodePaths(report.payload)).toEqual([]);
    }
  });

  it.each([
    ['10 dB, known to the UE', 10, true],
    ['10 dB, estimated', 10, false],
    ['0 dB, known to the UE', 0, true],
    ['0 dB, estimated', 0, false],
  ])('makes no estimate worse by a larger budget at an SNR of %s', (_, snrDb, known) => {
    const rateOf = (maxBits: number, noiseVariance: number): PathRate =>
      known ? { mode: 'cap', maxBits, noiseVariance } : { mode: 'cap', maxBits };
    const channels = Array.from({ length: 6 }, (_, seed) => {
      const csi = channelOf(linear, drawPaths(linear, 30 + seed, 8));
      const variance = energyOf(csi.values) / 1024 / 10 ** (snrDb / 10);
      return { csi, variance, noisy: addNoise(csi, seed, variance) };
    });
    const errors = [60, 100, 200, 400, 800, 1600].map((maxBits) =>
      channels.reduce((sum, { csi, variance, noisy }) => {
        const { payload } = linear.encode(noisy, rateOf(maxBits, variance));
        return sum + errorOf(linear, csi, payload) / channels.length;
      }, 0),
    );
    for (const [i, error] of errors.slice(1).entries()) expect(error).toBeLessThan((errors[i] as number) * 1.05);
    expect(errors.at(-1)).toBeLessThan(snrDb === 0 ? 0.1 : 0.02);
  });

  it.each([
    ['2 x 2', 2, 2],
    ['4 x 4', 4, 4],
    ['16 x 2', 16, 2],
    ['8 x 8', 8, 8],
  ])('takes no exact channel of 1 to 3 paths for noise, however small: %s', (_, antennas, numDelays) => {
    const codec = createPathCodec(pathCodecSpec({ antennas, numDelays, numSubcarriers: 64 }));
    for (let seed = 1; seed <= 24; seed++) {
      const random = createRandom(seed);
      const paths = Array.from(
        { length: 1 + (seed % 3) },
        (): PropagationPath => ({
          ...path(random.uniform(), random.uniform() * (numDelays - 1.5), random.gaussian(), random.gaussian()),
        }),
      );
      const csi = channelOf(codec, paths);
      expect(errorOf(codec, csi, codec.encode(csi, { mode: 'quality', bitPrice: 1e-4 }).payload)).toBeLessThan(0.02);
    }
  });

  it('meets a target with fewer bits for simple channels', () => {
    const rate: PathRate = { mode: 'quality', targetNmseDb: -15, ...clean };
    const bits = [1, 3, 6].map((numPaths) => {
      const csi = channelOf(linear, drawPaths(linear, 11, numPaths));
      const report = linear.encode(csi, rate);
      expect(errorOf(linear, csi, report.payload)).toBeLessThan(10 ** -1.5);
      return report.bits;
    });
    expect(bits).toEqual(bits.toSorted((a, b) => a - b));
  });

  it('cuts a report to its strongest paths', () => {
    const csi = channelOf(linear, drawPaths(linear, 6, 8));
    const whole = linear.encode(csi, cap(300));
    const paths = linear.decodePaths(whole.payload);
    for (let count = 0; count <= paths.length; count++) {
      const cut = linear.keepStrongest(whole.payload, count);
      expect(cut.bits).toBeLessThanOrEqual(whole.bits);
      expect(linear.decodePaths(cut.payload)).toEqual(paths.slice(0, count));
    }
  });

  it('reports no path where the cap holds none', () => {
    const codec = createPathCodec(pathCodecSpec({ antennas: [512, 512], numDelays: 1, numSubcarriers: 1 }));
    const values = new Float32Array(2 * 512 * 512);
    values[7] = 1;
    const csi: AngularDelayCsi = { domain: 'angular-delay', numAntennas: 512 * 512, numDelays: 1, values };
    expect(codec.encode(csi, cap(40)).bits).toBeLessThanOrEqual(40);
  });

  it('refuses matrices of no use and rates out of range', () => {
    const csi = channelOf(linear, [path(0.1, 1, 1)]);
    const broken = csi.values.slice();
    broken[100] = Number.NaN;
    expect(refusal(() => linear.encode({ ...csi, values: broken }, cap(100)))).toBe('csi-invalid');
    expect(refusal(() => linear.encode({ ...csi, values: new Float32Array(2048) }, cap(100)))).toBe('csi-invalid');
    expect(refusal(() => linear.encode({ ...csi, numAntennas: 16, numDelays: 64 }, cap(100)))).toBe('csi-invalid');
    for (const rate of [cap(39), cap(2001), cap(Number.NaN), { mode: 'quality', bitPrice: 0 }] satisfies PathRate[]) {
      expect(() => linear.encode(csi, rate)).toThrow(RangeError);
    }
  });

  it('puts the response of an array back that it divides out', () => {
    const antennas = Array.from({ length: 16 }, (_, n) => 0.1 * ((n * 7) % 5));
    const response = { re: antennas.map((turn) => 1.1 * Math.cos(turn)), im: antennas.map((turn) => Math.sin(turn)) };
    const options = { antennas: 16, numDelays: 16, numSubcarriers: 512 };
    const aware = createPathCodec(pathCodecSpec({ ...options, response }));
    const plain = createPathCodec(pathCodecSpec(options));
    const csi = channelOf(aware, drawPaths(aware, 2, 3));
    const [known, unknown] = [aware, plain].map((codec) => errorOf(codec, csi, codec.encode(csi, cap(150)).payload));
    expect(known).toBeLessThan(0.02);
    expect(known).toBeLessThan((unknown as number) / 2);
  });

  it('fits tables that make reports of such channels shorter', () => {
    const spec = pathCodecSpec({ antennas: 16, numDelays: 16, numSubcarriers: 512, maxPaths: 8 });
    const codec = createPathCodec(spec);
    const channels = Array.from({ length: 30 }, (_, seed) =>
      channelOf(
        codec,
        drawPaths(codec, seed, 4).map((each) => ({ ...each, delaySamples: each.delaySamples / 8 })),
      ),
    );
    const fitted = createPathCodec({ ...spec, tables: fitPathTables(spec, channels.slice(0, 20)) });
    const rate: PathRate = { mode: 'quality', bitPrice: 1e-3, ...clean };
    const bitsOf = (of: typeof codec) => channels.slice(20).reduce((sum, csi) => sum + of.encode(csi, rate).bits, 0);
    expect(bitsOf(fitted)).toBeLessThan(bitsOf(codec));
  });

  it('refuses every payload that no encoder writes, quickly', () => {
    const { payload, bits } = linear.encode(channelOf(linear, drawPaths(linear, 1, 6)), cap(200));
    expect(refusal(() => linear.decodePaths(payload, bits))).toBe('none');
    expect(refusal(() => linear.decodePaths(payload.subarray(0, -1), bits))).toBe('payload-invalid');
    expect(refusal(() => linear.decodePaths(payload, bits - 1))).toBe('payload-invalid');
    expect(refusal(() => linear.decodePaths(Uint8Array.of(...payload, 0)))).toBe('payload-invalid');
    expect(refusal(() => linear.decodePaths(Uint8Array.of(...payload, 128), bits))).toBe('payload-invalid');
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 260 }), (bytes) => {
        let paths: PropagationPath[];
        try {
          paths = linear.decodePaths(bytes);
        } catch (error) {
          expect(error).toMatchObject({ code: 'payload-invalid' });
          return;
        }
        expect(paths.length).toBeLessThanOrEqual(linear.spec.maxPaths);
        const out = new Float32Array(2048);
        linear.reconstructInto(out, paths);
        expect(out.every(Number.isFinite)).toBe(true);
        expect(linear.keepStrongest(bytes, paths.length).payload).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses specs that are none', () => {
    const spec = pathCodecSpec({ antennas: 8, numDelays: 8, numSubcarriers: 64 });
    expect(refusal(() => createPathCodec({ ...spec, maxPaths: 65 }))).toBe('model-invalid');
    expect(refusal(() => createPathCodec({ ...spec, numDelays: 9 }))).toBe('model-invalid');
    expect(refusal(() => createPathCodec({ ...spec, tables: { ...spec.tables, end: [0] } }))).toBe('model-invalid');
    const response = { re: new Array<number>(8).fill(0), im: new Array<number>(8).fill(0) };
    expect(refusal(() => createPathCodec({ ...spec, response }))).toBe('model-invalid');
  });
});
