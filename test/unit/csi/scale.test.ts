import { dequantizeScale, quantizeScale } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { fc } from './seeded.ts';

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
