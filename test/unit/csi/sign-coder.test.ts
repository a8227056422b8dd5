import { encodeSigns, reconstructFromSignsInto } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { angularDelay } from './golden.ts';
import { fc } from './seeded.ts';

const part = fc.record({ value: fc.float({ min: -10, max: 10, noNaN: true }), sent: fc.boolean() });

describe('sign coder', () => {
  it('gives back every part whose sign is sent, and 0 for the others', () => {
    const entries = fc.array(fc.tuple(part, part), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(entries, (pairs) => {
        const parts = [...pairs.map(([re]) => re), ...pairs.map(([, im]) => im)];
        const csi = angularDelay(
          1,
          pairs.length,
          parts.map(({ value }) => value),
        );
        const bits = Uint8Array.from(parts, ({ sent }) => Number(sent));
        const { bytes, bitLength } = encodeSigns(csi, bits);
        expect(bitLength).toBe(parts.filter(({ sent }) => sent).length);
        const out = new Float32Array(parts.length).fill(Number.NaN);
        reconstructFromSignsInto(out, { parts: csi.values.map(Math.abs), bits, signs: bytes, norm: 2 });
        parts.forEach(({ value, sent }, i) => {
          expect((out[i] as number) + 0).toBe(sent ? 2 * value + 0 : 0);
        });
      }),
    );
  });

  it('sends real parts before imaginary ones, in index order, 1 for a negative part and 0 for zero', () => {
    const csi = angularDelay(2, 2, [-1, 2, 3, -4, 0, -6, -7, 8]);
    const { bytes, bitLength } = encodeSigns(csi, Uint8Array.of(1, 1, 0, 1, 1, 1, 1, 1));
    expect(bitLength).toBe(7);
    // 1, 0, (none), 1 of the real parts; 0, 1, 1, 0 of the imaginary ones.
    expect(bytes).toEqual(Uint8Array.of(0b10101100));
  });

  it('sends nothing where no part gets a bit', () => {
    const { bytes, bitLength } = encodeSigns(angularDelay(1, 1, [1, -1]), new Uint8Array(2));
    expect([bytes.length, bitLength]).toEqual([0, 0]);
  });

  it('refuses signs of another length or with non-zero padding', () => {
    const bits = Uint8Array.from({ length: 10 }, (_, i) => Number(i !== 4));
    const report = { parts: new Float32Array(10).fill(1), bits, norm: 1 };
    const rebuild = (signs: Uint8Array) => () => reconstructFromSignsInto(new Float32Array(10), { ...report, signs });
    expect(rebuild(Uint8Array.of(0xff, 0x80))).not.toThrow();
    const invalid = expect.objectContaining({ code: 'payload-invalid' });
    expect(rebuild(new Uint8Array(1))).toThrow(invalid);
    expect(rebuild(new Uint8Array(1))).toThrow('signs of 1 bytes, expected 2 with zero padding after 9 bits');
    expect(rebuild(new Uint8Array(3))).toThrow(invalid);
    expect(rebuild(Uint8Array.of(0xff, 0x81))).toThrow(invalid);
    expect(rebuild(Uint8Array.of(0xff, 0xc0))).toThrow(invalid);
  });

  it('refuses arrays that do not fit each other', () => {
    const csi = angularDelay(1, 2, [1, 1, 1, 1]);
    expect(() => encodeSigns(csi, new Uint8Array(2))).toThrow('bits has 2 entries, must have 4');
    expect(() => encodeSigns({ ...csi, values: new Float32Array(2) }, new Uint8Array(4))).toThrow(RangeError);
    expect(() => encodeSigns(csi, Uint8Array.of(1, 0, 2, 1))).toThrow('bits[2] is 2, must be 0 or 1');
    const report = { parts: new Float32Array(4), bits: new Uint8Array(4), signs: new Uint8Array(0), norm: 1 };
    expect(() => reconstructFromSignsInto(new Float32Array(2), report)).toThrow(RangeError);
    expect(() => reconstructFromSignsInto(new Float32Array(4), { ...report, parts: new Float32Array(2) })).toThrow(
      'parts has 2 entries, must have 4',
    );
  });
});
