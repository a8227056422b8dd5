import { expect, it } from 'vitest';
import type { Graph } from '../../../bs-server/src/decode/graph.ts';
import { batchBuckets, onBuckets } from '../../../bs-server/src/decode/ort-graph.ts';

it('warms up powers of two and the largest batch', () => {
  expect(batchBuckets(1)).toEqual([1]);
  expect(batchBuckets(16)).toEqual([1, 2, 4, 8, 16]);
  expect(batchBuckets(12)).toEqual([1, 2, 4, 8, 12]);
});

it.each([
  [1, 1],
  [3, 4],
  [4, 4],
  [5, 6],
])('runs a batch of %i as one of %i and returns its own rows', async (count, bucket) => {
  const seen: (readonly number[])[] = [];
  const doubling: Graph = {
    inputNames: ['x', 'y'],
    run: async ({ x, y }) => {
      if (x === undefined || y === undefined) throw new Error('inputs are missing');
      seen.push(x.dims, y.dims);
      return x.values.map((value, i) => 2 * value + (y.values[i >> 1] ?? Number.NaN));
    },
    release: async () => undefined,
  };
  const x = Float32Array.from({ length: 2 * count }, (_, i) => i + 1);
  const y = Float32Array.from({ length: count }, (_, i) => 100 * (i + 1));
  const inputs = { x: { values: x, dims: [count, 2] }, y: { values: y, dims: [count] } };
  const results = await onBuckets(doubling, batchBuckets(6)).run(inputs, 'out');
  expect(seen).toEqual([[bucket, 2], [bucket]]);
  expect([...results]).toEqual([...x].map((value, i) => 2 * value + (y[i >> 1] as number)));
});
