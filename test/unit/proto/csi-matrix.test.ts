import { csiMatrixByteLength, csiMatrixOf, readCsiMatrixInto } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';

const half = (...values: number[]) => {
  const padded = Float32Array.from([...values, ...(values.length % 2 ? [0] : [])]);
  const matrix = csiMatrixOf({ numAntennas: 1, numDelays: padded.length / 2, values: padded }, 'float16');
  const out = new Float32Array(padded.length);
  readCsiMatrixInto(out, matrix);
  return [...out.subarray(0, values.length)];
};

describe('csiMatrixOf and readCsiMatrixInto', () => {
  it('carry float32 exactly', () => {
    const values = Float32Array.of(1, -0, 1e-38, -3.4e38, Math.PI, 1e-45);
    const matrix = csiMatrixOf({ numAntennas: 1, numDelays: 3, values });
    expect(matrix.values.length).toBe(csiMatrixByteLength(matrix));
    const out = new Float32Array(6);
    readCsiMatrixInto(out, matrix);
    expect(out).toEqual(values);
    expect(matrix.values.subarray(0, 4)).toEqual(Uint8Array.of(0, 0, 0x80, 0x3f));
  });

  it('read every finite binary16 pattern as its value and write it back unchanged', () => {
    const patterns = Array.from({ length: 65536 }, (_, i) => i).filter((bits) => (bits & 0x7c00) !== 0x7c00);
    const matrix = {
      numAntennas: 2,
      numDelays: patterns.length / 4,
      domain: 'angular-delay',
      encoding: 'float16',
      values: new Uint8Array(Uint16Array.from(patterns).buffer),
    } as const;
    const out = new Float32Array(patterns.length);
    readCsiMatrixInto(out, matrix);
    const expected = patterns.map((bits) => {
      const exponent = (bits >> 10) & 31;
      const fraction = bits & 1023;
      return (bits >> 15 ? -1 : 1) * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
    });
    expect(out.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
    const back = csiMatrixOf({ numAntennas: 2, numDelays: patterns.length / 4, values: out }, 'float16');
    expect(Buffer.compare(back.values, matrix.values)).toBe(0);
  });

  it('read infinities and NaN of both encodings as they are', () => {
    const out = new Float32Array(2);
    const shape = { numAntennas: 1, numDelays: 1, domain: 'angular-delay' } as const;
    readCsiMatrixInto(out, { ...shape, encoding: 'float16', values: Uint8Array.of(0x00, 0xfc, 0x01, 0x7e) });
    expect([...out]).toEqual([Number.NEGATIVE_INFINITY, Number.NaN]);
    readCsiMatrixInto(out, {
      ...shape,
      encoding: 'float32',
      values: Uint8Array.of(0, 0, 0x80, 0x7f, 0, 0, 0xc0, 0x7f),
    });
    expect([...out]).toEqual([Number.POSITIVE_INFINITY, Number.NaN]);
  });

  it('round float16 to nearest even, subnormals and carries included', () => {
    expect(half(1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 - 2 ** -12)).toEqual([1, 1 + 2 ** -9, 2]);
    expect(half(2 ** -25, 3 * 2 ** -25, -(2 ** -24), 2 ** -26)).toEqual([0, 2 ** -23, -(2 ** -24), 0]);
    expect(half(2 ** -14 - 2 ** -26, 65519)).toEqual([2 ** -14, 65504]);
  });

  it('stay within half a unit in the last place for arbitrary values', () => {
    for (let i = 1; i <= 4096; i++) {
      const value = Math.fround(Math.sin(i) * 2 ** (16 * Math.cos(i * i) - 1));
      const [read] = half(value);
      const ulp = 2 ** (Math.max(-14, Math.floor(Math.log2(Math.abs(value)))) - 10);
      expect(Math.abs((read as number) - value)).toBeLessThanOrEqual(ulp / 2);
    }
  });

  it('throw RangeError naming what does not fit', () => {
    const one = (value: number) => ({ numAntennas: 1, numDelays: 1, values: Float32Array.of(0, value) });
    expect(() => csiMatrixOf(one(65520), 'float16')).toThrow('csi.values[1]: 65520 does not fit float16');
    expect(() => csiMatrixOf(one(Number.NaN))).toThrow('csi.values[1]: NaN does not fit float32');
    expect(() => csiMatrixOf(one(Number.NEGATIVE_INFINITY), 'float16')).toThrow(RangeError);
    expect(() => csiMatrixOf({ ...one(1), numDelays: 2 })).toThrow('csi.values: length 2, expected 4');
    const matrix = csiMatrixOf(one(1));
    expect(() => readCsiMatrixInto(new Float32Array(3), matrix)).toThrow('out: length 3, expected 2');
    expect(() => readCsiMatrixInto(new Float32Array(2), { ...matrix, encoding: 'float16' })).toThrow(
      'matrix.values: 8 bytes, expected 4',
    );
  });
});
