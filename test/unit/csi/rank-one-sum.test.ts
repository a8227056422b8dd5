import { createRandom } from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { createRankOneSum } from '../../../csi/src/transform/rank-one-sum.ts';

describe.each(['wasm', 'js'] as const)('outer sum, %s', (engine) => {
  // Odd columns are padded; 1 to 9 products leave blocks of four full, part full and empty.
  it.each([
    [32, 33, 9],
    [3, 1, 4],
    [1, 7, 1],
    [5, 4, 0],
  ])('adds products of %d rows and %d columns: %d of them', (rows, columns, numProducts) => {
    const random = createRandom(5);
    const sum = createRankOneSum(rows, columns, engine);
    for (const round of [1, 2]) {
      sum.clear();
      const expected = new Float32Array(2 * rows * columns);
      for (let product = 0; product < numProducts; product++) {
        const { weights, kernel } = sum.next();
        for (let i = 0; i < 2 * rows; i++) weights[i] = random.gaussian();
        for (let i = 0; i < columns; i++) kernel[i] = random.gaussian();
        for (let i = 0; i < expected.length; i++) {
          const product = Math.fround((weights[Math.floor(i / columns)] as number) * (kernel[i % columns] as number));
          expected[i] = (expected[i] as number) + product;
        }
        sum.add();
      }
      sum.flush();
      const values = Array.from(expected, (_, i) => sum.values[Math.floor(i / columns) * sum.stride + (i % columns)]);
      values.forEach((value, i) => {
        expect(value, `round ${round}, entry ${i}`).toBe(expected[i]);
      });
    }
  });
});

it('gives the same sums on both engines, bit for bit', () => {
  const sums = (['wasm', 'js'] as const).map((engine) => {
    const random = createRandom(6);
    const sum = createRankOneSum(8, 10, engine);
    for (let product = 0; product < 6; product++) {
      const { weights, kernel } = sum.next();
      for (let i = 0; i < weights.length; i++) weights[i] = random.gaussian();
      for (let i = 0; i < kernel.length; i++) kernel[i] = random.gaussian();
      sum.add();
    }
    sum.flush();
    return Array.from(sum.values);
  });
  expect(sums[0]).toEqual(sums[1]);
});
