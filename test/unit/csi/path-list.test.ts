import {
  type AngularDelayCsi,
  type Band,
  type CsiShape,
  createSynthesizer,
  type PathList,
  synthesizeSpatialFrequency,
  type Timing,
  toAngularDelay,
} from '@edge-csi/csi';
import { readPathList } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { bandOf, fixturePath, goldenArray, planar, relativeError, scenarios } from './golden.ts';
import { fc } from './seeded.ts';

const tolerance = 1e-6;
const shape = { numAntennas: 32, numDelays: 32 };
const [indoor] = scenarios;

/** One sample with the given paths, of unit gain unless stated. */
function pathList(
  paths: readonly { azimuthRad?: number; elevationRad?: number; delayNs?: number; gainRe?: number; gainIm?: number }[],
): PathList {
  return {
    numSamples: 1,
    pathStart: Int32Array.of(0, paths.length),
    azimuthRad: Float32Array.from(paths, (p) => p.azimuthRad ?? 0),
    elevationRad: Float32Array.from(paths, (p) => p.elevationRad ?? 0),
    delayNs: Float32Array.from(paths, (p) => p.delayNs ?? 0),
    gainRe: Float32Array.from(paths, (p) => p.gainRe ?? 1),
    gainIm: Float32Array.from(paths, (p) => p.gainIm ?? 0),
    uplinkGainRatio: Float32Array.from(paths, () => 2),
  };
}

function synthesizeAngularDelay(
  paths: PathList,
  index: number,
  band: Band,
  csiShape: CsiShape,
  timing?: Timing,
): AngularDelayCsi {
  return createSynthesizer(band, csiShape, timing)(paths, index);
}

/** The definition: every subcarrier and antenna of the 1024 x Nt matrix, then DFTs. */
function byDefinition(paths: PathList, index: number, band: Band, numAntennas: number): Float32Array {
  return toAngularDelay(synthesizeSpatialFrequency(paths, index, band, numAntennas), 32).values;
}

describe.each(scenarios)('synthesis against golden vectors, $scenario', (scenario) => {
  it.each(['downlink', 'uplink'] as const)('agrees in the %s', async (direction) => {
    const paths = await readPathList(fixturePath(`paths-${scenario.scenario}.npz`));
    const golden = await goldenArray(scenario, direction);
    const { data } = golden;
    expect(golden.shape).toEqual([8, 32, 32]);
    for (let index = 0; index < 8; index++) {
      const csi = synthesizeAngularDelay(paths, index, bandOf(scenario, direction), shape);
      const expected = planar(data.subarray(index * 2048, (index + 1) * 2048));
      expect(relativeError(csi.values, expected)).toBeLessThan(tolerance);
    }
  });

  it('agrees with its own definition at 128 and at 24 antennas', async () => {
    const paths = await readPathList(fixturePath(`paths-${scenario.scenario}.npz`));
    for (const numAntennas of [128, 24]) {
      const band = bandOf(scenario, 'uplink');
      const csi = synthesizeAngularDelay(paths, 2, band, { numAntennas, numDelays: 32 });
      expect(csi.values.length).toBe(2 * numAntennas * 32);
      expect(relativeError(csi.values, byDefinition(paths, 2, band, numAntennas))).toBeLessThan(tolerance);
    }
  });
});

describe('synthesis', () => {
  it('agrees with the golden spatial-frequency matrix', async () => {
    const paths = await readPathList(fixturePath('paths-indoor.npz'));
    const golden = await goldenArray(indoor, 'downlink_spatial_frequency_0');
    expect(golden.shape).toEqual([1024, 32]);
    const csi = synthesizeSpatialFrequency(paths, 0, bandOf(indoor, 'downlink'), 32);
    expect(relativeError(csi.values, planar(golden.data))).toBeLessThan(tolerance);
  });

  it('agrees with its definition for any single path, on and off the grid of taps and angles', () => {
    const band = bandOf(indoor, 'downlink');
    const tapNs = 50;
    const delayNs = fc.oneof(
      fc.double({ min: 0, max: 40 * tapNs, noNaN: true }),
      // On a tap, or off it by next to nothing: the peak of the kernel is a quotient of two vanishing sines.
      fc
        .tuple(fc.integer({ min: 0, max: 33 }), fc.constantFrom(0, 1e-3, -1e-3, 1e-6))
        .map(([tap, off]) => tap * tapNs + off),
    );
    const angle = fc.oneof(
      fc.double({ min: -Math.PI, max: Math.PI, noNaN: true }),
      fc.constantFrom(0, Math.PI / 2, -Math.PI / 2, Math.PI, Math.acos(1 / 16), Math.acos(-3 / 16)),
    );
    fc.assert(
      fc.property(delayNs, angle, angle, (delay, azimuthRad, elevationRad) => {
        const paths = pathList([{ delayNs: delay, azimuthRad, elevationRad, gainRe: 0.6, gainIm: -0.8 }]);
        const csi = synthesizeAngularDelay(paths, 0, band, shape);
        const expected = byDefinition(paths, 0, band, 32);
        // Relative to the whole path: one past the kept taps leaves next to nothing there.
        const scale = Math.sqrt(1024 * 32);
        const worst = csi.values.reduce((max, value, i) => Math.max(max, Math.abs(value - (expected[i] as number))), 0);
        expect(worst).toBeLessThan(tolerance * scale);
      }),
      { numRuns: 60 },
    );
  });

  it('puts a path that is on the grid into a single entry', () => {
    // Half a cycle an antenna is bin 16 of 32.
    const csi = synthesizeAngularDelay(pathList([{}]), 0, bandOf(indoor, 'downlink'), shape);
    const energyAt = csi.values.map((v, i) => (i % 1024 === 16 * 32 ? v : 0));
    expect(Math.hypot(...energyAt)).toBeCloseTo(Math.sqrt(1024 * 32), 3);
    expect(relativeError(energyAt, csi.values)).toBeLessThan(tolerance);
  });

  it('is linear in the paths', () => {
    const band = bandOf(indoor, 'downlink');
    const a = { azimuthRad: 0.3, delayNs: 123, gainRe: 0.5 };
    const b = { azimuthRad: -1.2, elevationRad: 0.4, delayNs: 456, gainIm: 0.7 };
    const both = synthesizeAngularDelay(pathList([a, b]), 0, band, shape).values;
    const first = synthesizeAngularDelay(pathList([a]), 0, band, shape).values;
    const second = synthesizeAngularDelay(pathList([b]), 0, band, shape).values;
    const sum = first.map((v, i) => v + (second[i] as number));
    expect(relativeError(sum, both)).toBeLessThan(tolerance);
  });

  it('applies the gain ratio in the uplink only', () => {
    const paths = pathList([{ delayNs: 70, azimuthRad: 0.3 }]);
    const down = bandOf(indoor, 'downlink');
    const up: Band = { ...down, direction: 'uplink' };
    const downlink = synthesizeAngularDelay(paths, 0, down, shape).values;
    const uplink = synthesizeAngularDelay(paths, 0, up, shape).values;
    expect(
      relativeError(
        uplink,
        downlink.map((v) => 2 * v),
      ),
    ).toBeLessThan(tolerance);
  });

  it('moves the first path to delay 0 where it is timed by it', () => {
    const band = bandOf(indoor, 'downlink');
    const late = pathList([
      { delayNs: 262.5, azimuthRad: 1 },
      { delayNs: 200, azimuthRad: 2 },
    ]);
    const early = pathList([
      { delayNs: 62.5, azimuthRad: 1 },
      { delayNs: 0, azimuthRad: 2 },
    ]);
    const expected = synthesizeAngularDelay(early, 0, band, shape).values;
    expect(relativeError(synthesizeAngularDelay(late, 0, band, shape, 'first-path').values, expected)).toBeLessThan(
      tolerance,
    );
    const frequency = synthesizeSpatialFrequency(late, 0, band, 32, 'first-path');
    expect(relativeError(toAngularDelay(frequency, 32).values, expected)).toBeLessThan(tolerance);
    expect(relativeError(synthesizeAngularDelay(late, 0, band, shape).values, expected)).toBeGreaterThan(0.1);
  });

  it('is zero where a sample has no paths', () => {
    for (const timing of ['absolute', 'first-path'] as const) {
      const { values } = synthesizeAngularDelay(pathList([]), 0, bandOf(indoor, 'downlink'), shape, timing);
      expect(values).toEqual(new Float32Array(2048));
    }
  });

  it('refuses arguments out of range', () => {
    const paths = pathList([{}]);
    const band = bandOf(indoor, 'downlink');
    for (const index of [-1, 1, 0.5]) {
      expect(() => synthesizeAngularDelay(paths, index, band, shape)).toThrow(RangeError);
      expect(() => synthesizeSpatialFrequency(paths, index, band, 32)).toThrow(RangeError);
    }
    expect(() => synthesizeAngularDelay(paths, 0, band, { numAntennas: 0, numDelays: 32 })).toThrow(RangeError);
    expect(() => synthesizeAngularDelay(paths, 0, band, { numAntennas: 32, numDelays: 1025 })).toThrow(RangeError);
    expect(() => synthesizeSpatialFrequency(paths, 0, band, 1.5)).toThrow(RangeError);
  });
});
