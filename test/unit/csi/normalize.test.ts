import {
  assertUsable,
  frobeniusNorm,
  normalizePartsSpherical,
  normalizeSpherical,
  uplinkMagnitudeInto,
  uplinkPartsInto,
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

  it('divides real and imaginary parts by the norm of the complex matrix, without their signs', () => {
    const { parts, norm } = normalizePartsSpherical(angularDelay(1, 2, [-3, 0, 0, 4]));
    expect(norm).toBe(5);
    expect(parts).toMatchObject({ domain: 'normalized-parts', numAntennas: 1, numDelays: 2 });
    expect(parts.values).toEqual(Float32Array.of(0.6, 0, 0, 0.8));
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

describe('uplink components', () => {
  it('are those of the spherical normalisation', () => {
    const values = [1, -2, 3, 4, 0, 6];
    const out = new Float32Array(6);
    uplinkPartsInto(out, Float32Array.from(values));
    expect(out).toEqual(normalizePartsSpherical(angularDelay(1, 3, values)).parts.values);
    uplinkPartsInto(out, new Float32Array(6));
    expect(out).toEqual(new Float32Array(6));
    expect(() => uplinkPartsInto(new Float32Array(4), Float32Array.of(0, 0, 0, Number.NaN))).toThrow(
      'uplink value 3 of 4 is NaN',
    );
    expect(() => uplinkPartsInto(new Float32Array(4), new Float32Array(2))).toThrow(RangeError);
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
