import {
  assertUsable,
  dequantizeScale,
  frobeniusNorm,
  invertMinmax,
  normalizeMinmax,
  normalizeSpherical,
  quantizeScale,
  uplinkMagnitudeInto,
} from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay } from './golden.ts';
import { fc } from './seeded.ts';

const finite = fc.float({ min: -1e6, max: 1e6, noNaN: true });

describe('spherical normalisation', () => {
  it('gives magnitudes of unit energy and the norm they were divided by', () => {
    fc.assert(
      fc.property(fc.array(finite, { minLength: 24, maxLength: 24 }), (values) => {
        const csi = angularDelay(3, 4, values);
        fc.pre(csi.values.some((v) => Math.abs(v) > 1e-30));
        const { magnitude, norm } = normalizeSpherical(csi);
        expect(magnitude.domain).toBe('normalized-magnitude');
        expect([magnitude.numAntennas, magnitude.numDelays]).toEqual([3, 4]);
        expect(frobeniusNorm(magnitude.values)).toBeCloseTo(1, 5);
        expect(norm / Math.hypot(...csi.values)).toBeCloseTo(1, 6);
        magnitude.values.forEach((m, i) => {
          const expected = Math.hypot(csi.values[i] as number, csi.values[12 + i] as number);
          expect(Math.abs(m * norm - expected)).toBeLessThanOrEqual(1e-6 * norm);
        });
      }),
    );
  });

  it('keeps its precision for norms whose squares are out of the range of a float32', () => {
    for (const scale of [1e-30, 1e30]) {
      const { magnitude, norm } = normalizeSpherical(angularDelay(1, 2, [3 * scale, 0, 0, 4 * scale]));
      expect(norm / scale).toBeCloseTo(5, 5);
      expect(magnitude.values[0]).toBeCloseTo(0.6, 6);
      expect(magnitude.values[1]).toBeCloseTo(0.8, 6);
    }
  });
});

describe('usable CSI', () => {
  const invalid = expect.objectContaining({ code: 'csi-invalid' });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])('names the entry that is %s', (bad) => {
    const values = Array.from({ length: 24 }, () => 1);
    values[1 * 4 + 2] = bad;
    expect(() => assertUsable(angularDelay(3, 4, values))).toThrow(invalid);
    expect(() => assertUsable(angularDelay(3, 4, values))).toThrow(`real part at antenna 1, delay 2 is ${bad}`);
    values[1 * 4 + 2] = 1;
    values[12 + 2 * 4 + 3] = bad;
    expect(() => normalizeSpherical(angularDelay(3, 4, values))).toThrow(
      `imaginary part at antenna 2, delay 3 is ${bad}`,
    );
  });

  it.each([
    [{ domain: 'spatial-frequency' }, 'CSI domain is spatial-frequency, must be angular-delay'],
    [{ domain: undefined }, 'CSI domain is undefined'],
    [{ values: new Float64Array(8).fill(1) }, 'CSI values are of type Float64Array, must be a Float32Array'],
    [{ values: Array(8).fill(1) }, 'CSI values are of type Array'],
    [{ values: undefined }, 'CSI values are of type Undefined'],
  ])('is not what an untyped caller gives: %o', (change, message) => {
    const csi = { ...angularDelay(2, 2, new Float32Array(8).fill(1)), ...change } as never;
    expect(() => assertUsable(csi)).toThrow(invalid);
    expect(() => assertUsable(csi)).toThrow(message);
  });

  it('is not all zero', () => {
    const zeros = angularDelay(2, 2, new Float32Array(8));
    for (const use of [assertUsable, normalizeSpherical]) expect(() => use(zeros)).toThrow(invalid);
    expect(() => assertUsable(zeros)).toThrow('all 4 CSI entries are zero');
  });

  it('has two values an entry', () => {
    for (const length of [0, 4, 7, 9]) {
      expect(() => assertUsable(angularDelay(2, 2, new Float32Array(length).fill(1)))).toThrow(invalid);
    }
    expect(() => assertUsable(angularDelay(2, 2, new Float32Array(8).fill(1)))).not.toThrow();
  });
});

describe('uplink magnitude', () => {
  it('is that of the spherical normalisation', () => {
    const values = [1, -2, 3, 4, 0, 6];
    const out = new Float32Array(3);
    uplinkMagnitudeInto(out, Float32Array.from(values));
    expect(out).toEqual(normalizeSpherical(angularDelay(1, 3, values)).magnitude.values);
  });

  it('is zero where the uplink is all zero', () => {
    const out = new Float32Array(3).fill(9);
    uplinkMagnitudeInto(out, new Float32Array(6));
    expect([...out]).toEqual([0, 0, 0]);
  });

  it('refuses values that are not finite or of another length', () => {
    expect(() => uplinkMagnitudeInto(new Float32Array(2), Float32Array.of(0, 0, Number.NaN, 0))).toThrow(
      'uplink value 2 of 4 is NaN',
    );
    expect(() => uplinkMagnitudeInto(new Float32Array(2), new Float32Array(3))).toThrow(RangeError);
  });
});

describe('minmax normalisation', () => {
  const range = { min: 0, max: 4 };

  it('maps min to 0.5 and max to 1', () => {
    const { values } = normalizeMinmax(angularDelay(1, 3, [0, 4, 0, 0, 0, -2]), range);
    expect([...values]).toEqual([0.5, 1, 0.75]);
  });

  it('inverts to the magnitudes', () => {
    const csi = angularDelay(1, 3, [3, 0, 1, 0, 2, 0]);
    expect([...invertMinmax(normalizeMinmax(csi, range), range)]).toEqual([3, 2, 1]);
  });

  it('inverts values below 0.5 to min', () => {
    const magnitude = {
      domain: 'normalized-magnitude' as const,
      numAntennas: 1,
      numDelays: 2,
      values: Float32Array.of(0.25, -1),
    };
    expect([...invertMinmax(magnitude, { min: 1, max: 2 })]).toEqual([1, 1]);
  });

  it('refuses an empty range', () => {
    expect(() => normalizeMinmax(angularDelay(1, 1, [1, 0]), { min: 2, max: 2 })).toThrow(RangeError);
  });
});

describe('scale', () => {
  const spec = { minDb: -120, stepDb: 0.5, bits: 8 };

  it('is within half a step of the norm in dB inside the grid', () => {
    fc.assert(
      fc.property(fc.double({ min: -120, max: 7.5, noNaN: true }), (normDb) => {
        const norm = dequantizeScale(quantizeScale(10 ** (normDb / 20), spec), spec);
        expect(Math.abs(20 * Math.log10(norm) - normDb)).toBeLessThanOrEqual(0.25 + 1e-9);
      }),
    );
  });

  it('takes a norm up to half a step beyond either end', () => {
    expect(quantizeScale(10 ** (-120.24 / 20), spec).level).toBe(0);
    expect(quantizeScale(10 ** (7.74 / 20), spec).level).toBe(255);
  });

  it.each([
    [10 ** (-120.26 / 20), '-120.26 dB'],
    [10 ** (7.76 / 20), '7.76 dB'],
    [0, '-Infinity dB'],
    [Number.POSITIVE_INFINITY, 'Infinity dB'],
  ])('refuses a norm of %s, farther off the grid', (norm, normDb) => {
    const quantize = () => quantizeScale(norm, spec);
    expect(quantize).toThrow(expect.objectContaining({ name: 'CsiError', code: 'csi-invalid' }));
    expect(quantize).toThrow(`norm is ${normDb}, off the grid of -120..7.5 dB: scale the CSI`);
  });

  it('returns every level from the norm it stands for', () => {
    for (let level = 0; level < 256; level++) {
      expect(quantizeScale(dequantizeScale({ domain: 'scale', level }, spec), spec)).toEqual({
        domain: 'scale',
        level,
      });
    }
  });

  it('refuses a level off the grid and a norm that is none', () => {
    for (const level of [-1, 256, 1.5, Number.NaN]) {
      expect(() => dequantizeScale({ domain: 'scale', level }, spec)).toThrow(
        expect.objectContaining({ code: 'payload-invalid' }),
      );
    }
    expect(() => quantizeScale(Number.NaN, spec)).toThrow(RangeError);
    expect(() => quantizeScale(-1, spec)).toThrow(RangeError);
  });
});
