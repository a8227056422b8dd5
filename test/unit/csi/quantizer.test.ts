import { type Codeword, CsiError, createQuantizer, type Latent, type Quantizer } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { fc } from './seeded.ts';

const component = fc.record({
  bits: fc.integer({ min: 1, max: 8 }),
  step: fc.double({ min: 1e-4, max: 10, noNaN: true }),
  /** Value in units of the full range of the quantiser, -1..1. */
  position: fc.double({ min: -1, max: 1, noNaN: true }),
});
const components = fc.array(component, { minLength: 1, maxLength: 60 });
const truncation = fc.integer({ min: 0, max: 7 });

function latent(values: readonly number[]): Latent {
  return { domain: 'latent', values: Float32Array.from(values) };
}

function codeword(levels: readonly number[]): Codeword {
  return { domain: 'codeword', levels: Uint8Array.from(levels) };
}

function dequantized(quantizer: Quantizer, word: Codeword): Float32Array {
  const out = new Float32Array(quantizer.length);
  quantizer.dequantizeInto(out, word);
  return out;
}

function centred(quantizer: Quantizer, word: Codeword): number[] {
  const out = new Int16Array(quantizer.length);
  quantizer.centredInto(out, word);
  return [...out];
}

describe('quantizer', () => {
  it('is within half a step inside its range, at every truncation', () => {
    fc.assert(
      fc.property(components, truncation, (parts, t) => {
        const quantizer = createQuantizer(
          parts.map((p) => p.bits),
          parts.map((p) => p.step),
          t,
        );
        const input = latent(parts.map((p) => p.position * p.step * 2 ** (p.bits - 1)));
        const output = dequantized(quantizer, quantizer.quantize(input));
        parts.forEach(({ bits, step }, i) => {
          const effectiveStep = step * 2 ** (bits - (quantizer.bits[i] as number));
          const error = Math.abs((output[i] as number) - (input.values[i] as number));
          expect(error).toBeLessThanOrEqual((effectiveStep / 2) * (1 + 1e-5));
        });
      }),
    );
  });

  it('saturates at the outermost level outside its range', () => {
    const quantizer = createQuantizer([1, 3, 8], [0.5, 0.5, 0.5]);
    const low = quantizer.quantize(latent([-1e9, -1e9, -1e9]));
    const high = quantizer.quantize(latent([1e9, 1e9, 1e9]));
    expect([...low.levels]).toEqual([0, 0, 0]);
    expect([...high.levels]).toEqual([1, 7, 255]);
    expect([...dequantized(quantizer, high)]).toEqual([0.25, 1.75, 63.75]);
    expect([...dequantized(quantizer, low)]).toEqual([-0.25, -1.75, -63.75]);
  });

  it('has a decision threshold at zero and no level there (mid-rise)', () => {
    const quantizer = createQuantizer([4, 4, 4], [1, 1, 1]);
    const word = quantizer.quantize(latent([0, -1e-6, 1]));
    expect([...word.levels]).toEqual([8, 7, 9]);
    expect([...dequantized(quantizer, word)]).toEqual([0.5, -0.5, 1.5]);
  });

  it('drops the low bits of the same levels when truncated', () => {
    fc.assert(
      fc.property(components, truncation, (parts, t) => {
        const full = createQuantizer(
          parts.map((p) => p.bits),
          parts.map((p) => p.step),
        );
        const cut = full.withTruncation(t);
        const input = latent(parts.map((p) => p.position * p.step * 2 ** p.bits));
        const expected = [...full.quantize(input).levels].map(
          (level, i) => level >> ((full.bits[i] as number) - (cut.bits[i] as number)),
        );
        expect([...cut.quantize(input).levels]).toEqual(expected);
        expect([...cut.bits]).toEqual(parts.map((p) => Math.max(1, p.bits - t)));
      }),
    );
  });

  it('centres levels as (2u + 1) 2^d - 2^b: odd at full rate, the same units when truncated', () => {
    const quantizer = createQuantizer([3, 3, 3, 8], [1, 1, 1, 1]);
    expect(centred(quantizer, codeword([0, 3, 7, 255]))).toEqual([-7, -1, 7, 255]);
    expect(centred(quantizer.withTruncation(1), codeword([0, 1, 3, 127]))).toEqual([-6, -2, 6, 254]);
    expect(centred(quantizer.withTruncation(7), codeword([0, 1, 1, 1]))).toEqual([-4, 4, 4, 128]);
  });

  it('dequantises to centred integer times half the step', () => {
    fc.assert(
      fc.property(components, truncation, (parts, t) => {
        const quantizer = createQuantizer(
          parts.map((p) => p.bits),
          parts.map((p) => p.step),
          t,
        );
        const word = quantizer.quantize(latent(parts.map((p) => p.position * p.step * 2 ** p.bits)));
        const expected = centred(quantizer, word).map((c, i) => Math.fround((c * (parts[i]?.step as number)) / 2));
        expect([...dequantized(quantizer, word)]).toEqual(expected);
      }),
    );
  });

  it('returns to full rate from a truncated quantizer', () => {
    const full = createQuantizer([8, 2], [1, 1]);
    const back = full.withTruncation(5).withTruncation(0);
    expect([...back.bits]).toEqual([8, 2]);
    expect(full.withTruncation(5).totalBits).toBe(3 + 1);
    expect(back.totalBits).toBe(10);
  });

  it('unpacks what it packs, at every truncation', () => {
    fc.assert(
      fc.property(components, truncation, (parts, t) => {
        const quantizer = createQuantizer(
          parts.map((p) => p.bits),
          parts.map((p) => p.step),
          t,
        );
        const word = quantizer.quantize(latent(parts.map((p) => p.position * p.step * 2 ** p.bits)));
        const packed = quantizer.pack(word);
        expect(packed.bitLength).toBe(quantizer.totalBits);
        expect(quantizer.unpack(packed.bytes)).toEqual(word);
      }),
    );
  });

  it('refuses bytes of another length', () => {
    const quantizer = createQuantizer([3, 3, 3], [1, 1, 1]);
    expect(() => quantizer.unpack(new Uint8Array(2))).not.toThrow();
    for (const length of [0, 1, 3]) {
      expect(() => quantizer.unpack(new Uint8Array(length))).toThrow(
        expect.objectContaining({ code: 'payload-invalid' }),
      );
    }
  });

  it('refuses non-zero padding, each bit of it', () => {
    const quantizer = createQuantizer([3, 3, 3], [1, 1, 1]);
    for (let bit = 0; bit < 7; bit++) {
      expect(() => quantizer.unpack(Uint8Array.of(0, 1 << bit))).toThrow(CsiError);
    }
    expect(quantizer.unpack(Uint8Array.of(0, 0x80)).levels).toEqual(Uint8Array.of(0, 0, 1));
  });

  it('names a latent component that is not finite', () => {
    const quantizer = createQuantizer([3, 3], [1, 1]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const quantize = () => quantizer.quantize(latent([0, bad]));
      expect(quantize).toThrow(expect.objectContaining({ code: 'csi-invalid' }));
      expect(quantize).toThrow(/component 1 /);
    }
  });

  it('refuses arguments out of range', () => {
    expect(() => createQuantizer([0], [1])).toThrow('bits[0] is 0, must be 1..8');
    expect(() => createQuantizer([9], [1])).toThrow(RangeError);
    expect(() => createQuantizer([2.5], [1])).toThrow(RangeError);
    expect(() => createQuantizer([4], [0])).toThrow('step[0] is 0');
    expect(() => createQuantizer([4], [Number.NaN])).toThrow(RangeError);
    expect(() => createQuantizer([4, 4], [1])).toThrow(RangeError);
    expect(() => createQuantizer([4], [1], 8)).toThrow(RangeError);
    const quantizer = createQuantizer([4], [1]);
    expect(() => quantizer.quantize(latent([1, 2]))).toThrow(RangeError);
    expect(() => quantizer.centredInto(new Int16Array(2), codeword([1]))).toThrow(RangeError);
    expect(() => quantizer.dequantizeInto(new Float32Array(1), codeword([1, 2]))).toThrow(RangeError);
    expect(() => quantizer.pack(codeword([16]))).toThrow(RangeError);
  });
});
