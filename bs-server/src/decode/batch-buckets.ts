import type { Graph } from './graph.ts';

/** Batch sizes that networks are warmed up for: powers of two below the largest, and that. */
export function batchBuckets(maxBatchSize: number): number[] {
  const buckets: number[] = [];
  for (let size = 1; size < maxBatchSize; size *= 2) buckets.push(size);
  return [...buckets, maxBatchSize];
}

/**
 * A graph that runs batches of the given sizes only, smaller ones being filled up with zeros. A GPU compiles its kernels anew for
 * every shape it has not seen, which takes it longer than the rows that are decoded for nothing.
 *
 * @param buckets - ascending; the last one holds the largest batch
 */
export function onBuckets(graph: Graph, buckets: readonly number[]): Graph {
  return {
    inputNames: graph.inputNames,
    run: async (inputs, output) => {
      let rows = 0;
      let bucket = 0;
      const padded = Object.entries(inputs).map(([name, { values, dims }]) => {
        const [count = 0, ...row] = dims;
        rows = count;
        bucket = buckets.find((size) => size >= count) ?? count;
        if (bucket === count) return [name, { values, dims }] as const;
        const filled = new Float32Array((values.length / count) * bucket);
        filled.set(values);
        return [name, { values: filled, dims: [bucket, ...row] }] as const;
      });
      const results = await graph.run(Object.fromEntries(padded), output);
      return bucket === rows ? results : results.subarray(0, (results.length / bucket) * rows);
    },
    release: () => graph.release(),
  };
}
