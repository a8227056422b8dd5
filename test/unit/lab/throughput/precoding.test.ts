import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import {
  hermitianInverse,
  mrtRates,
  unitChannel,
  zeroForcingRates,
} from '../../../../scripts/lab/src/throughput/precoding.ts';

const shape = { numAntennas: 8, numDelays: 4 };

function gaussianCsi(seed: number): AngularDelayCsi {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: 64 }, () => random.gaussian());
  return { domain: 'angular-delay', ...shape, values };
}

/** A channel of one path: the same gain on all subcarriers and antennas. */
function beam(angle: number, gain = 1): AngularDelayCsi {
  const values = new Float32Array(64);
  values[angle * shape.numDelays] = gain;
  return { domain: 'angular-delay', ...shape, values };
}

const snrs = [1, 10, 100];

describe('an inverse', () => {
  it('times its matrix is one', () => {
    const random = createRandom(1);
    const size = 4;
    const rows = Array.from({ length: size }, () =>
      Array.from({ length: 6 }, () => [random.gaussian(), random.gaussian()]),
    );
    const re = new Float64Array(size * size);
    const im = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        for (let n = 0; n < 6; n++) {
          const [[aRe = 0, aIm = 0] = [], [bRe = 0, bIm = 0] = []] = [rows[i]?.[n], rows[j]?.[n]];
          re[i * size + j] = (re[i * size + j] as number) + aRe * bRe + aIm * bIm;
          im[i * size + j] = (im[i * size + j] as number) + aIm * bRe - aRe * bIm;
        }
      }
    }
    const inverse = hermitianInverse({ size, re, im });
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) {
        let [sumRe, sumIm] = [0, 0];
        for (let l = 0; l < size; l++) {
          const [aRe, aIm] = [re[i * size + l] as number, im[i * size + l] as number];
          const [bRe, bIm] = [inverse.re[l * size + j] as number, inverse.im[l * size + j] as number];
          sumRe += aRe * bRe - aIm * bIm;
          sumIm += aRe * bIm + aIm * bRe;
        }
        expect(sumRe).toBeCloseTo(i === j ? 1 : 0, 9);
        expect(sumIm).toBeCloseTo(0, 9);
      }
    }
  });

  it('is refused of a matrix that has none', () => {
    const zeros = { size: 2, re: new Float64Array(4), im: new Float64Array(4) };
    expect(() => hermitianInverse(zeros)).toThrow(/pivot 0 is 0, the matrix must be positive definite/);
  });
});

describe('maximum-ratio transmission', () => {
  it('has the gain of the array where the channel is known, whatever its scale and phase', () => {
    const truth = unitChannel(beam(3, 5));
    const turned = gaussianCsi(1);
    turned.values.set(beam(3).values.map((value) => -0.2 * value));
    for (const estimate of [truth, unitChannel(turned)]) {
      for (const [i, rate] of mrtRates(truth, estimate, snrs).entries()) {
        expect(rate).toBeCloseTo(Math.log2(1 + 8 * (snrs[i] as number)), 5);
      }
    }
  });

  it('gives nothing into another direction, and from no estimate', () => {
    const truth = unitChannel(beam(3));
    const nothing = unitChannel({ ...beam(0), values: new Float32Array(64) });
    for (const rate of [...mrtRates(truth, unitChannel(beam(4)), snrs), ...mrtRates(truth, nothing, snrs)]) {
      expect(rate).toBeCloseTo(0, 6);
    }
  });

  it('gives no estimate more than the truth', () => {
    const truth = unitChannel(gaussianCsi(1));
    const best = mrtRates(truth, truth, snrs);
    for (let seed = 2; seed < 12; seed++) {
      const rates = mrtRates(truth, unitChannel(gaussianCsi(seed)), snrs);
      for (const [i, rate] of rates.entries()) expect(rate).toBeLessThan(best[i] as number);
    }
  });
});

describe('zero forcing', () => {
  it('of UEs in directions of their own is as good as each alone with its share of the power', () => {
    const channels = [1, 4].map((angle) => unitChannel(beam(angle)));
    for (const [i, rate] of zeroForcingRates(channels, channels, snrs).entries()) {
      expect(rate).toBeCloseTo(2 * Math.log2(1 + (8 * (snrs[i] as number)) / 2), 3);
    }
  });

  it('leaves no interference where channels are known, and much where they are not', () => {
    const truths = [1, 2, 3, 4].map((seed) => unitChannel(gaussianCsi(seed)));
    const known = zeroForcingRates(truths, truths, [1e2, 1e4]);
    // Without interference a hundred times the power is 6.64 bits more for each of four UEs.
    expect((known[1] as number) - (known[0] as number)).toBeCloseTo(4 * Math.log2(100), 0);
    const noisy = [1, 2, 3, 4].map((seed) => {
      const other = gaussianCsi(seed + 10).values;
      const { values, ...rest } = gaussianCsi(seed);
      return unitChannel({ ...rest, values: values.map((value, i) => value + 0.3 * (other[i] as number)) });
    });
    const guessed = zeroForcingRates(truths, noisy, [1e2, 1e4]);
    expect((guessed[1] as number) - (guessed[0] as number)).toBeLessThan(2);
  });

  it('of UEs that cannot be told apart shares the beam and does not fail', () => {
    const channels = [2, 2].map((angle) => unitChannel(beam(angle)));
    const [rate = Number.NaN] = zeroForcingRates(channels, channels, [100]);
    // Each hears the other's signal as strongly as its own: 1 bit/s/Hz at most.
    expect(rate).toBeGreaterThan(1.5);
    expect(rate).toBeLessThan(2);
  });
});
