import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { GramSums } from '../../../../scripts/lab/src/linear/gram-sums.ts';
import { regress } from '../../../../scripts/lab/src/linear/regression.ts';

const random = createRandom(11);
const normals = (count: number) => Float32Array.from({ length: count }, () => random.gaussian());

describe('regress', () => {
  it('finds the affine map that made the target, over features in two parts', () => {
    const numSamples = 700;
    const a = { width: 3, values: normals(3 * numSamples) };
    const b = { width: 2, values: normals(2 * numSamples) };
    const map = [
      [1, -2, 0.5, 3, 0],
      [0, 1, 0, -1, 2],
    ];
    const offset = [4, -1];
    const values = new Float32Array(2 * numSamples);
    for (let row = 0; row < numSamples; row++) {
      const features = [...a.values.subarray(3 * row, 3 * row + 3), ...b.values.subarray(2 * row, 2 * row + 2)];
      map.forEach((weights, j) => {
        values[2 * row + j] = weights.reduce((sum, w, i) => sum + w * (features[i] as number), offset[j] as number);
      });
    }
    const found = regress([a, b], { width: 2, values }, [1e-9]);
    map.flat().forEach((weight, i) => {
      expect(found.weights.get(Math.floor(i / 5), i % 5)).toBeCloseTo(weight, 4);
    });
    expect([...found.offset].map((value) => Number(value.toFixed(4)))).toEqual(offset);
  });

  it('chooses a strong ridge where samples are few, and a weak one where they are many', () => {
    const width = 30;
    const truth = normals(width);
    const errorOf = (numSamples: number) => {
      const features = { width, values: normals(width * numSamples) };
      const values = Float32Array.from({ length: numSamples }, (_, row) => {
        const x = features.values.subarray(row * width, (row + 1) * width);
        return x.reduce((sum, value, i) => sum + value * (truth[i] as number), 0) + 3 * random.gaussian();
      });
      const { weights } = regress([features], { width: 1, values }, [1e-6, 1e-1, 1]);
      return weights.getRow(0).reduce((sum, weight, i) => sum + (weight - (truth[i] as number)) ** 2, 0);
    };
    const nothing = truth.reduce((sum, weight) => sum + weight ** 2, 0);
    // Without a ridge, 33 samples of 30 features give far worse than nothing.
    expect(errorOf(33)).toBeLessThan(nothing);
    expect(errorOf(3000)).toBeLessThan(nothing / 20);
  });

  it('refuses features that do not vary', () => {
    const constant = { width: 2, values: new Float32Array(20).fill(1) };
    const target = { width: 1, values: normals(10) };
    expect(() => regress([constant], target, [1e-6])).toThrow(expect.objectContaining({ code: 'csi-invalid' }));
  });
});

describe('GramSums', () => {
  it('has the covariances of leading entries with all others, and no more', () => {
    const all = new GramSums(6);
    const leading = new GramSums(6, 2);
    for (let i = 0; i < 300; i++) {
      const sample = normals(6);
      all.add(sample);
      leading.add(sample.subarray(0, 2), sample.subarray(2));
    }
    expect(leading.covariance(0, 2, 2, 4).to2DArray()).toEqual(all.covariance(0, 2, 2, 4).to2DArray());
    expect(leading.covariance(3, 3, 0, 2).to2DArray()).toEqual(all.covariance(3, 3, 0, 2).to2DArray());
    expect(() => leading.covariance(2, 2, 2, 2)).toThrow(RangeError);
  });
});
