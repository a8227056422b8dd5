import {
  type AngularDelayCsi,
  componentErrorRatio,
  createRandom,
  magnitudeErrorRatio,
  nmseDb,
  rho,
  sgcs,
  squaredErrorRatio,
  toSpatialFrequency,
} from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay } from './golden.ts';
import { fc } from './seeded.ts';

function randomCsi(seed: number, numAntennas = 4, numDelays = 8): AngularDelayCsi {
  const random = createRandom(seed);
  return angularDelay(numAntennas, numDelays, Array.from({ length: 2 * numAntennas * numDelays }, random.gaussian));
}

/** Multiplies every entry by the complex number gain exp(j phaseRad). */
function scaled(csi: AngularDelayCsi, gain: number, phaseRad = 0): AngularDelayCsi {
  const n = csi.values.length / 2;
  const cos = gain * Math.cos(phaseRad);
  const sin = gain * Math.sin(phaseRad);
  const values = csi.values.map((_, i) => {
    const re = csi.values[i % n] as number;
    const im = csi.values[n + (i % n)] as number;
    return i < n ? re * cos - im * sin : re * sin + im * cos;
  });
  return { ...csi, values };
}

/** Mean over subcarriers by the definition, from the matrices in the spatial-frequency domain. */
function similarityByDefinition(a: AngularDelayCsi, b: AngularDelayCsi, numSubcarriers: number, power: number): number {
  const { values: x } = toSpatialFrequency(a, numSubcarriers);
  const { values: y } = toSpatialFrequency(b, numSubcarriers);
  const half = x.length / 2;
  let sum = 0;
  for (let k = 0; k < numSubcarriers; k++) {
    let [re, im, xPower, yPower] = [0, 0, 0, 0];
    for (let i = k * a.numAntennas; i < (k + 1) * a.numAntennas; i++) {
      const [xr, xi] = [x[i] as number, x[half + i] as number];
      const [yr, yi] = [y[i] as number, y[half + i] as number];
      re += xr * yr + xi * yi;
      im += xr * yi - xi * yr;
      xPower += xr * xr + xi * xi;
      yPower += yr * yr + yi * yi;
    }
    sum += (Math.hypot(re, im) / Math.sqrt(xPower * yPower)) ** power;
  }
  return sum / numSubcarriers;
}

describe('nmse', () => {
  it('of real components is that of complex CSI with perfect signs', () => {
    const truth = randomCsi(1);
    const estimate = truth.values.map((value, i) => (Math.abs(value) + 0.1 * (i % 3)) * Math.sign(value));
    expect(componentErrorRatio(truth.values.map(Math.abs), estimate.map(Math.abs))).toBeCloseTo(
      squaredErrorRatio(truth, { ...truth, values: estimate }),
      9,
    );
    expect(componentErrorRatio(Float32Array.of(3, 4), Float32Array.of(3, 5))).toBe(0.04);
    expect(() => componentErrorRatio(new Float32Array(2), new Float32Array(2))).toThrow(
      expect.objectContaining({ code: 'csi-invalid' }),
    );
    expect(() => componentErrorRatio(new Float32Array(2), new Float32Array(1))).toThrow(RangeError);
  });

  it('is 0 for the truth, 1 for nothing and 4 for its negative', () => {
    const truth = randomCsi(1);
    expect(squaredErrorRatio(truth, truth)).toBe(0);
    expect(squaredErrorRatio(truth, scaled(truth, 0))).toBeCloseTo(1, 12);
    expect(squaredErrorRatio(truth, scaled(truth, -1))).toBeCloseTo(4, 12);
    expect(squaredErrorRatio(truth, scaled(truth, 0.5))).toBeCloseTo(0.25, 12);
  });

  it('depends on phase where the magnitude version does not', () => {
    const truth = randomCsi(2);
    const n = truth.values.length / 2;
    const magnitude = truth.values.subarray(0, n).map((re, i) => Math.hypot(re, truth.values[n + i] as number));
    expect(squaredErrorRatio(truth, scaled(truth, 1, Math.PI / 3))).toBeCloseTo(1, 6);
    expect(magnitudeErrorRatio(truth.values, magnitude)).toBeLessThan(1e-12);
    const doubled = magnitude.map((m) => 2 * m);
    expect(magnitudeErrorRatio(truth.values, doubled)).toBeCloseTo(1, 6);
  });

  it('in dB is the mean of ratios, not the ratio of means', () => {
    expect(nmseDb([0.1, 0.001])).toBeCloseTo(10 * Math.log10(0.0505), 12);
    expect(nmseDb([1])).toBe(0);
    expect(nmseDb(Float64Array.of(0.01, 0.01))).toBeCloseTo(-20, 12);
    expect(nmseDb([0])).toBe(Number.NEGATIVE_INFINITY);
    expect(() => nmseDb([])).toThrow(RangeError);
  });

  it('refuses an all-zero truth and shapes that differ', () => {
    const truth = randomCsi(3);
    const invalid = expect.objectContaining({ code: 'csi-invalid' });
    expect(() => squaredErrorRatio(scaled(truth, 0), truth)).toThrow(invalid);
    expect(() => magnitudeErrorRatio(new Float32Array(4), new Float32Array(2))).toThrow(invalid);
    expect(() => magnitudeErrorRatio(new Float32Array(4), new Float32Array(3))).toThrow(RangeError);
    expect(() => squaredErrorRatio(truth, randomCsi(3, 8, 4))).toThrow(RangeError);
    expect(() => sgcs(truth, randomCsi(3, 4, 4))).toThrow(RangeError);
  });
});

describe('sgcs and rho', () => {
  it('are the means over subcarriers of their definitions', () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.constantFrom(8, 12, 64, 1024),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (seed, numSubcarriers, mix) => {
          const truth = randomCsi(seed);
          const noise = randomCsi(seed ^ 1);
          const estimate = { ...truth, values: truth.values.map((v, i) => v + mix * (noise.values[i] as number)) };
          const expectedSgcs = similarityByDefinition(truth, estimate, numSubcarriers, 2);
          expect(sgcs(truth, estimate, numSubcarriers)).toBeCloseTo(expectedSgcs, 5);
          expect(rho(truth, estimate, numSubcarriers)).toBeCloseTo(
            similarityByDefinition(truth, estimate, numSubcarriers, 1),
            5,
          );
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are 1 up to a complex factor and 0 for orthogonal beams', () => {
    const truth = randomCsi(4);
    for (const estimate of [truth, scaled(truth, 0.1), scaled(truth, 3, 1)]) {
      expect(sgcs(truth, estimate)).toBeCloseTo(1, 6);
      expect(rho(truth, estimate)).toBeCloseTo(1, 6);
    }
    const beam = angularDelay(2, 1, [1, 0, 0, 0]);
    const otherBeam = angularDelay(2, 1, [0, 1, 0, 0]);
    expect(sgcs(beam, otherBeam)).toBe(0);
    expect(rho(beam, otherBeam)).toBe(0);
  });

  it('are cos^2 and cos of the angle between two beams', () => {
    const beam = angularDelay(2, 1, [1, 0, 0, 0]);
    const halfway = angularDelay(2, 1, [1, 0, 0, 1]);
    expect(sgcs(beam, halfway)).toBeCloseTo(0.5, 12);
    expect(rho(beam, halfway)).toBeCloseTo(Math.SQRT1_2, 12);
  });

  it('are 0 for an estimate of nothing', () => {
    const truth = randomCsi(5);
    expect(sgcs(truth, scaled(truth, 0))).toBe(0);
    expect(rho(truth, scaled(truth, 0))).toBe(0);
  });

  it('need at least as many subcarriers as delays', () => {
    const truth = randomCsi(6);
    expect(() => sgcs(truth, truth, 7)).toThrow(RangeError);
    expect(sgcs(truth, truth, 8)).toBeCloseTo(1, 6);
  });
});
