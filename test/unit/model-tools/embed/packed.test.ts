import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { fromInt16Csi, toInt16Csi } from '../../../../scripts/model-tools/src/embed/golden-header.ts';
import { BitPacker, packAllocation } from '../../../../scripts/model-tools/src/embed/packed.ts';

describe('BitPacker', () => {
  it('writes least significant bits first, zero padded, with three bytes to read past', () => {
    const packer = new BitPacker();
    packer.write(1, 1);
    packer.write(0b101, 3);
    packer.write(0x1ff, 9);
    expect([...packer.finish()]).toEqual([0b11111011, 0b00011111, 0, 0, 0]);
  });

  it('refuses a value that does not fit', () => {
    expect(() => new BitPacker().write(4, 2)).toThrow(RangeError);
  });
});

describe('packAllocation', () => {
  it('leaves dense rows plain and takes far less for sparse ones', () => {
    const random = createRandom(3);
    const sparse = Int8Array.from({ length: 43 }, () => (random.uniform() < 0.1 ? 1 : 0));
    const dense = Int8Array.from({ length: 43 }, () => Math.floor(random.uniform() * 255) - 127);
    const packed = packAllocation(Int8Array.from([...sparse, ...dense]), 43);
    expect(packed.plainRow).toBe(44);
    expect(packed.plainRows.length).toBe(44);
    expect(packed.bytes.length).toBeLessThan(12);
  });
});

describe('toInt16Csi', () => {
  it('fills 16 bits and gives back every value to half a step', () => {
    const random = createRandom(5);
    for (const amplitude of [1e-6, 0.7, 1, 4096]) {
      const values = Float32Array.from({ length: 8 }, () => amplitude * (2 * random.uniform() - 1));
      const csi = { domain: 'angular-delay', numAntennas: 2, numDelays: 2, values } as const;
      const rounded = toInt16Csi(csi);
      const largest = Math.max(...rounded.values.map(Math.abs));
      expect(largest).toBeGreaterThanOrEqual(16383);
      expect(largest).toBeLessThanOrEqual(32767);
      const back = fromInt16Csi(rounded, csi).values;
      const furthest = Math.max(...back.map((value, i) => Math.abs(value - (values[i] as number))));
      expect(furthest).toBeLessThanOrEqual(2 ** (rounded.exponent - 1));
      expect(toInt16Csi({ ...csi, values: back })).toEqual(rounded);
    }
  });
});
