import { BitReader, BitWriter } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { fc } from './seeded.ts';

const field = fc.integer({ min: 1, max: 8 }).chain((bits) => fc.tuple(fc.nat(2 ** bits - 1), fc.constant(bits)));

describe('bit strings', () => {
  it('read back as written, for any sequence of fields', () => {
    fc.assert(
      fc.property(fc.array(field, { maxLength: 200 }), (fields) => {
        const bitLength = fields.reduce((sum, [, bits]) => sum + bits, 0);
        const writer = new BitWriter(bitLength);
        for (const [value, bits] of fields) writer.write(value, bits);
        const { bytes, bitLength: written } = writer.finish();
        expect(written).toBe(bitLength);
        expect(bytes.length).toBe(Math.ceil(bitLength / 8));
        const reader = new BitReader(bytes);
        expect(fields.map(([, bits]) => reader.read(bits))).toEqual(fields.map(([value]) => value));
      }),
    );
  });

  it('put the most significant bit first and pad with zeros', () => {
    const writer = new BitWriter(11);
    writer.write(0b101, 3);
    writer.write(0b00110011, 8);
    expect(writer.finish().bytes).toEqual(Uint8Array.of(0b10100110, 0b01100000));
  });

  it('hold nothing where no bits are written', () => {
    expect(new BitWriter(0).finish()).toEqual({ bytes: new Uint8Array(0), bitLength: 0 });
  });

  it('refuse a value wider than its field', () => {
    const writer = new BitWriter(8);
    expect(() => writer.write(4, 2)).toThrow(new RangeError('value 4 does not fit in 2 bits'));
    expect(() => writer.write(-1, 8)).toThrow(RangeError);
    expect(() => writer.write(0, 9)).toThrow(RangeError);
  });

  it('refuse more or fewer bits than announced', () => {
    const writer = new BitWriter(3);
    writer.write(1, 2);
    expect(() => writer.finish()).toThrow(RangeError);
    expect(() => writer.write(1, 2)).toThrow(RangeError);
    expect(() => new BitWriter(-1)).toThrow(RangeError);
  });

  it('refuse to be read past their end', () => {
    const reader = new BitReader(Uint8Array.of(0xff));
    expect(reader.read(6)).toBe(0b111111);
    expect(() => reader.read(3)).toThrow(RangeError);
  });
});
