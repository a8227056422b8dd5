import { createRandom, frobeniusNorm, toAngularDelay, toSpatialFrequency } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay, goldenArray, planar, relativeError, scenarios, spatialFrequency } from './golden.ts';

function randomCsi(numAntennas: number, numDelays: number) {
  const random = createRandom(numAntennas * 1000 + numDelays);
  return angularDelay(numAntennas, numDelays, Array.from({ length: 2 * numAntennas * numDelays }, random.gaussian));
}

describe('angular-delay transform', () => {
  it('takes the golden spatial-frequency matrix to the golden angular-delay matrix', async () => {
    const [indoor] = scenarios;
    const frequency = planar((await goldenArray(indoor, 'downlink_spatial_frequency_0')).data);
    const expected = planar((await goldenArray(indoor, 'downlink')).data.subarray(0, 2048));
    const csi = toAngularDelay(spatialFrequency(1024, 32, frequency), 32);
    expect(relativeError(csi.values, expected)).toBeLessThan(1e-6);
  });

  it.each([
    { numAntennas: 32, numDelays: 32, numSubcarriers: 1024 },
    { numAntennas: 128, numDelays: 32, numSubcarriers: 1024 },
    { numAntennas: 24, numDelays: 10, numSubcarriers: 300 },
    { numAntennas: 1, numDelays: 1, numSubcarriers: 1 },
    { numAntennas: 4, numDelays: 64, numSubcarriers: 64 },
  ])('returns from $numSubcarriers subcarriers and $numAntennas antennas to the $numDelays kept taps', (size) => {
    const csi = randomCsi(size.numAntennas, size.numDelays);
    const frequency = toSpatialFrequency(csi, size.numSubcarriers);
    expect(frequency.values.length).toBe(2 * size.numSubcarriers * size.numAntennas);
    const back = toAngularDelay(frequency, size.numDelays);
    expect(back).toMatchObject({ domain: 'angular-delay', numAntennas: size.numAntennas, numDelays: size.numDelays });
    expect(relativeError(back.values, csi.values)).toBeLessThan(1e-6);
  });

  it('keeps the energy', () => {
    const csi = randomCsi(32, 32);
    expect(frobeniusNorm(toSpatialFrequency(csi, 1024).values) / frobeniusNorm(csi.values)).toBeCloseTo(1, 6);
  });

  it.each([8, 6])('is exp(-j 2 pi (k d / Nsc + n m / Nt)) for a single entry, %i subcarriers', (numSubcarriers) => {
    const [numAntennas, numDelays, angle, tap] = [3, 4, 2, 1];
    const values = new Float32Array(2 * numAntennas * numDelays);
    values[angle * numDelays + tap] = Math.sqrt(numSubcarriers * numAntennas);
    const { values: frequency } = toSpatialFrequency(angularDelay(numAntennas, numDelays, values), numSubcarriers);
    for (let k = 0; k < numSubcarriers; k++) {
      for (let n = 0; n < numAntennas; n++) {
        const phaseRad = -2 * Math.PI * ((k * tap) / numSubcarriers + (n * angle) / numAntennas);
        expect(frequency[k * numAntennas + n]).toBeCloseTo(Math.cos(phaseRad), 5);
        expect(frequency[numSubcarriers * numAntennas + k * numAntennas + n]).toBeCloseTo(Math.sin(phaseRad), 5);
      }
    }
  });

  it('drops the taps past those asked for', () => {
    const csi = randomCsi(4, 8);
    const kept = toAngularDelay(toSpatialFrequency(csi, 64), 3);
    const expected = csi.values.filter((_, i) => i % 8 < 3);
    expect(relativeError(kept.values, expected)).toBeLessThan(1e-6);
  });

  it('refuses shapes that do not fit', () => {
    const csi = randomCsi(4, 8);
    expect(() => toSpatialFrequency(csi, 7)).toThrow(RangeError);
    expect(() => toSpatialFrequency({ ...csi, numAntennas: 5 }, 64)).toThrow(RangeError);
    const frequency = toSpatialFrequency(csi, 16);
    for (const numDelays of [0, 17, 2.5]) expect(() => toAngularDelay(frequency, numDelays)).toThrow(RangeError);
    expect(() => toAngularDelay({ ...frequency, numSubcarriers: 15 }, 4)).toThrow(RangeError);
  });
});
