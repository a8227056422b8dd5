import { type AngularDelayCsi, createRandom, pathCodecSpec, withEstimationNoise } from '@edge-csi/csi';
import {
  createKnownPaths,
  createPathCodec,
  createPathHinter,
  hintBits,
  indoorPathTables,
  type KnownPaths,
  type PathCodec,
  type PathPlace,
  type PathRate,
  packHint,
  unpackHint,
} from '@edge-csi/csi/paths';
import { describe, expect, it } from 'vitest';
import { angularDelay, goldenArray, planar, scenarios } from '../golden.ts';
import { addNoise, channelOf, drawPaths, energyOf, refusal } from './channel.ts';

const linear = createPathCodec(
  pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024, tables: indoorPathTables }),
);
const priceDb = (dB: number): PathRate => ({ mode: 'quality', bitPrice: 10 ** (dB / 10), noiseVariance: 0 });
const cap = (maxBits: number): PathRate => ({ mode: 'cap', maxBits, noiseVariance: 0 });
const [indoor, outdoor] = scenarios;

async function goldenSamples(scenario: (typeof scenarios)[number], direction: string): Promise<AngularDelayCsi[]> {
  const { data } = await goldenArray(scenario, direction);
  return [0, 1, 2, 3].map((i) => angularDelay(32, 32, planar(data.slice(2048 * i, 2048 * (i + 1)))));
}

/** Hints of uplinks at 20 dB SNR. */
async function hintsOf(scenario: (typeof scenarios)[number]): Promise<KnownPaths[]> {
  const hintOf = createPathHinter(linear.spec, scenario.downlinkCarrierHz / scenario.uplinkCarrierHz);
  const random = createRandom(1);
  return (await goldenSamples(scenario, 'uplink')).map((uplink) => hintOf(withEstimationNoise(uplink, 20, random), 1));
}

function placesAnywhere(codec: PathCodec, seed: number): KnownPaths {
  return createKnownPaths(codec.spec, 1, drawPaths(codec, seed, 16));
}

/** ||csi - estimate||^2 / ||csi||^2 of what a report decodes to with the list that it refers to. */
function errorWith(codec: PathCodec, csi: AngularDelayCsi, payload: Uint8Array, known?: KnownPaths): number {
  const estimate = new Float32Array(csi.values.length);
  codec.decodeInto(estimate, payload, undefined, known);
  return energyOf(estimate.map((value, i) => value - (csi.values[i] as number))) / energyOf(csi.values);
}

describe('reports that may refer to known paths', () => {
  it.each([
    ['a linear array', 32, 1024, 11],
    ['a planar array', [8, 4] as const, 1024, 11],
    ['a single antenna', 1, 256, 0],
    ['all taps kept', 16, 32, 11],
  ])(
    'decode to what the UE made of %s, in fewer bits where the places are right',
    (_, antennas, numSubcarriers, others) => {
      const codec = createPathCodec(pathCodecSpec({ antennas, numDelays: 32, numSubcarriers }));
      const paths = drawPaths(codec, 5, 5);
      const csi = channelOf(codec, paths);
      const known = createKnownPaths(codec.spec, 7, [...paths, ...drawPaths(codec, 6, others)]);
      for (const rate of [cap(60), cap(80), priceDb(-30), { ...priceDb(-30), mode: 'quality', targetNmseDb: -15 }]) {
        const fresh = codec.encode(csi, rate as PathRate);
        const report = codec.encode(csi, rate as PathRate, known);
        expect(report.knownVersion).toBe(7);
        expect(errorWith(codec, csi, report.payload, known) / report.squaredErrorRatio).toBeCloseTo(1, 2);
        if ('maxBits' in rate) expect(report.bits).toBeLessThanOrEqual(rate.maxBits as number);
        else expect(report.bits).toBeLessThan(fresh.bits);
        expect(codec.decodePaths(report.payload, report.bits, known)).toHaveLength(report.numPaths);
      }
    },
  );

  it('are two fifths less wrong with a hint of the uplink than without, at no more bits indoors', async () => {
    const hints = await hintsOf(indoor);
    const downlinks = await goldenSamples(indoor, 'downlink');
    const errorsAt = (known: readonly (KnownPaths | undefined)[]) =>
      downlinks
        .map((csi, i) => linear.encode(csi, cap(100), known[i]).squaredErrorRatio)
        .reduce((sum, error) => sum + error);
    expect(errorsAt(hints)).toBeLessThan(0.6 * errorsAt([]));
  });

  it.each([
    ['indoors', indoor],
    ['outdoors', outdoor],
  ])('cost no more than fresh ones %s, be the list right, wrong or noisy', async (_, scenario) => {
    const hints = await hintsOf(scenario);
    for (const [i, csi] of (await goldenSamples(scenario, 'downlink')).entries()) {
      const noisy = addNoise(csi, i, energyOf(csi.values) / 1024 / 10);
      const wrong = placesAnywhere(linear, i);
      for (const channel of [csi, noisy]) {
        for (const known of [hints[i], wrong]) {
          for (const dB of [-20, -30, -40]) {
            const rate: PathRate = { mode: 'quality', bitPrice: 10 ** (dB / 10) };
            const costOf = (list?: KnownPaths) => {
              const { squaredErrorRatio, bits } = linear.encode(channel, rate, list);
              return squaredErrorRatio + 10 ** (dB / 10) * bits;
            };
            expect(costOf(known)).toBeLessThanOrEqual(costOf());
          }
          const capped = linear.encode(channel, { mode: 'cap', maxBits: 100 }, known);
          expect(capped.bits).toBeLessThanOrEqual(100);
          const fresh = linear.encode(channel, { mode: 'cap', maxBits: 100 });
          expect(capped.squaredErrorRatio).toBeLessThanOrEqual(fresh.squaredErrorRatio);
        }
      }
    }
  });

  it('are those without a list, bit for bit, where nothing of the list is of use', () => {
    const csi = channelOf(linear, drawPaths(linear, 9, 3));
    const fresh = linear.encode(csi, priceDb(-25));
    expect(fresh.knownVersion).toBeUndefined();
    expect(linear.encode(csi, priceDb(-25), createKnownPaths(linear.spec, 1, []))).toEqual(fresh);
    // What was encoded before leaves nothing behind.
    linear.encode(csi, priceDb(-25), createKnownPaths(linear.spec, 1, drawPaths(linear, 9, 3)));
    expect(linear.encode(csi, priceDb(-25))).toEqual(fresh);
  });

  it('are refused with another list than the one they refer to', () => {
    const paths = drawPaths(linear, 5, 5);
    const known = createKnownPaths(linear.spec, 1, paths);
    const { payload, knownVersion } = linear.encode(channelOf(linear, paths), cap(100), known);
    expect(knownVersion).toBe(1);
    const others = Array.from({ length: 32 }, (_, seed) => placesAnywhere(linear, 100 + seed));
    const apart = others.filter(({ check }) => check !== known.check);
    // One check in fifteen is alike; the version is what tells lists apart.
    expect(apart.length).toBeGreaterThan(24);
    for (const other of apart) {
      expect(refusal(() => linear.decodePaths(payload, undefined, other))).toBe('payload-invalid');
    }
  });

  it('keep their strongest paths', () => {
    const paths = drawPaths(linear, 5, 6);
    const known = createKnownPaths(linear.spec, 1, paths);
    const { payload, numPaths } = linear.encode(channelOf(linear, paths), cap(200), known);
    const kept = linear.keepStrongest(payload, 2, known);
    expect(numPaths).toBeGreaterThan(2);
    expect(linear.decodePaths(kept.payload, kept.bits, known)).toEqual(
      linear.decodePaths(payload, undefined, known).slice(0, 2),
    );
  });

  it('are estimates or refusals, whatever the bytes are', () => {
    const known = placesAnywhere(linear, 3);
    const random = createRandom(4);
    const estimate = new Float32Array(2048);
    let decoded = 0;
    for (let round = 0; round < 2000; round++) {
      const payload = Uint8Array.from({ length: 1 + Math.floor(5 * random.uniform()) }, () => 256 * random.uniform());
      const code = refusal(() => linear.decodeInto(estimate, payload, undefined, known));
      if (code === 'none') decoded++;
      else expect(code).toBe('payload-invalid');
      expect(estimate.every(Number.isFinite)).toBe(true);
    }
    expect(decoded).toBeGreaterThan(0);
  });
});

describe('a list of known paths', () => {
  const place = (one: number, delaySamples: number): PathPlace => ({ spatialFrequency: [one, 0], delaySamples });

  it('has places on one cell once, wraps angles, stays within the window of delays and ends at 24', () => {
    const { cells, count } = createKnownPaths(linear.spec, 1, [
      ...[place(-0.25, 3), place(0.75, 3.001), place(0.9999, 99), place(0, -1)],
    ]);
    expect([count, ...cells]).toEqual([3, 3072, 0, 384, 0, 0, 4064, 0, 0, 0]);
    expect(createKnownPaths(linear.spec, 1, drawPaths(linear, 1, 60)).count).toBe(24);
  });

  it.each([0, 1.5, Number.NaN])('is refused with version %s', (version) => {
    expect(() => createKnownPaths(linear.spec, version, [])).toThrow(RangeError);
  });

  it('is refused where a place is no number', () => {
    expect(() => createKnownPaths(linear.spec, 1, [place(Number.NaN, 1)])).toThrow(RangeError);
  });
});

describe('a hint', () => {
  it('turns the angles of an uplink by the ratio of the carriers, strongest first', () => {
    const uplink = channelOf(linear, [
      { spatialFrequency: [0.2, 0], delaySamples: 4, gainRe: 0.01, gainIm: 0.002 },
      { spatialFrequency: [0.9, 0], delaySamples: 9, gainRe: 0.005, gainIm: 0 },
    ]);
    const { cells, count } = createPathHinter(linear.spec, 1.1)(uplink, 2);
    expect(count).toBeGreaterThanOrEqual(2);
    const near = (at: number, angle: number, delay: number) => {
      expect(Math.abs((cells[3 * at] as number) - angle * 4096)).toBeLessThanOrEqual(4);
      expect(Math.abs((cells[3 * at + 2] as number) - delay * 128)).toBeLessThanOrEqual(4);
    };
    near(0, 0.22, 4);
    near(1, 0.89, 9);
  });

  it('takes 24 bits of a matrix of 32 x 32 for its first path, 2 fewer for ranks 1, 3, 7 and 15 on, and tells how many there are', () => {
    expect(hintBits(linear.spec, { count: 16 })).toBe(5 + 24 + 2 * 22 + 4 * 20 + 8 * 18 + 16);
    expect(hintBits(linear.spec, { count: 0 })).toBe(5);
  });

  it.each([
    ['a linear array', 32, 1024],
    ['a planar array', [8, 4] as const, 1024],
    ['a single antenna', 1, 256],
    ['five antennas, all taps kept', 5, 32],
  ])('is read as it was packed: %s', (_, antennas, numSubcarriers) => {
    const { spec } = createPathCodec(pathCodecSpec({ antennas, numDelays: 32, numSubcarriers }));
    const codec = createPathCodec(spec);
    const hintOf = createPathHinter(spec, 1.04);
    for (let seed = 1; seed < 20; seed++) {
      const known = hintOf(channelOf(codec, drawPaths(codec, seed, seed)), seed);
      const { bytes, bitLength } = packHint(spec, known);
      expect(bitLength).toBe(hintBits(spec, known));
      expect(unpackHint(spec, seed, bytes)).toEqual(known);
      const longer = Uint8Array.of(...bytes, 0);
      expect(refusal(() => unpackHint(spec, seed, longer))).toBe('payload-invalid');
      expect(refusal(() => unpackHint(spec, seed, bytes.subarray(0, -1)))).toBe('payload-invalid');
    }
  });

  it('is refused off its axis, and a list that is none is not packed', () => {
    const { spec } = createPathCodec(pathCodecSpec({ antennas: 5, numDelays: 32, numSubcarriers: 1024 }));
    // One path whose angle, 10 bits, is past 5 x 128 cells.
    expect(refusal(() => unpackHint(spec, 1, Uint8Array.of(0x0f, 0xff, 0, 0)))).toBe('payload-invalid');
    const places = drawPaths(createPathCodec(spec), 1, 8);
    expect(() => packHint(spec, createKnownPaths(spec, 1, places))).toThrow(RangeError);
  });

  it('has no more paths than stand out of the noise', () => {
    const uplink = channelOf(linear, drawPaths(linear, 2, 12));
    const countAt = (snrDb: number) =>
      createPathHinter(linear.spec, 1)(withEstimationNoise(uplink, snrDb, createRandom(1)), 1).count;
    expect(countAt(0)).toBeLessThan(countAt(30));
    expect(countAt(0)).toBeGreaterThan(0);
  });

  it('is of a matrix of the codec alone', () => {
    const hintOf = createPathHinter(linear.spec, 1);
    expect(refusal(() => hintOf(angularDelay(8, 32, new Float32Array(512).fill(1)), 1))).toBe('csi-invalid');
    expect(refusal(() => hintOf(angularDelay(32, 32, new Float32Array(2048)), 1))).toBe('csi-invalid');
    expect(() => createPathHinter(linear.spec, 0)).toThrow(RangeError);
  });
});
