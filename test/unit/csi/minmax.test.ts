import { invertMinmaxInto, normalizeMinmax, uplinkMinmaxInto } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay } from './golden.ts';
import { fc } from './seeded.ts';

const range = { min: 0, max: 4 };

describe('minmax normalisation', () => {
  it('maps min to 0.5 and max to 1', () => {
    const { values, domain } = normalizeMinmax(angularDelay(1, 3, [0, 4, 0, 0, 0, -2]), range);
    expect(domain).toBe('normalized-magnitude');
    expect([...values]).toEqual([0.5, 1, 0.75]);
  });

  it('inverts to the magnitudes, within the spacing of float32 around 1', () => {
    const part = fc.float({ min: -100, max: 100, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(part, { minLength: 24, maxLength: 24 }),
        fc.double({ min: 0, max: 1e-3, noNaN: true }),
        fc.double({ min: 1e-2, max: 200, noNaN: true }),
        (values, min, max) => {
          const csi = angularDelay(3, 4, values);
          fc.pre(csi.values.some((value) => value !== 0));
          const magnitude = normalizeMinmax(csi, { min, max }).values;
          const out = new Float32Array(12);
          invertMinmaxInto(out, magnitude, { min, max });
          magnitude.forEach((mapped, i) => {
            const expected = Math.hypot(csi.values[i] as number, csi.values[12 + i] as number);
            const spacing = 2 ** -22 * Math.max(1, mapped) * (max - min);
            expect(Math.abs((out[i] as number) - Math.max(expected, min))).toBeLessThanOrEqual(
              spacing + 1e-6 * expected,
            );
          });
        },
      ),
    );
  });

  it('inverts values below 0.5 to min, in place where asked to', () => {
    const values = Float32Array.of(0.25, -1, 0.75);
    invertMinmaxInto(values, values, { min: 1, max: 2 });
    expect([...values]).toEqual([1, 1, 1.5]);
  });

  it('maps the uplink with its own range and not by its norm', () => {
    const out = new Float32Array(3);
    uplinkMinmaxInto(out, Float32Array.of(0, 4, 0, 0, 0, -2), { min: 0, max: 8 });
    expect([...out]).toEqual([0.5, 0.75, 0.625]);
    uplinkMinmaxInto(out, new Float32Array(6), { min: 0, max: 8 });
    expect([...out]).toEqual([0.5, 0.5, 0.5]);
  });

  it('refuses CSI that is not usable, by its entry', () => {
    expect(() => normalizeMinmax(angularDelay(1, 2, [1, Number.NaN, 0, 0]), range)).toThrow(
      'real part at antenna 0, delay 1 is NaN',
    );
    const out = new Float32Array(2);
    expect(() => uplinkMinmaxInto(out, Float32Array.of(0, 0, Number.POSITIVE_INFINITY, 0), range)).toThrow(
      'uplink value 2 of 4 is Infinity',
    );
    expect(() => uplinkMinmaxInto(out, new Float32Array(3), range)).toThrow(RangeError);
  });

  it('refuses an empty range and arrays that do not fit', () => {
    expect(() => normalizeMinmax(angularDelay(1, 1, [1, 0]), { min: 2, max: 2 })).toThrow(RangeError);
    expect(() => invertMinmaxInto(new Float32Array(1), new Float32Array(2), range)).toThrow(
      'out has 1 entries, must have 2',
    );
  });
});
