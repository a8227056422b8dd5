/** Largest sizes of any model of a worker: what one batch needs room for. */
export interface BatchLayout {
  readonly maxBatchSize: number;
  readonly maxRecordBytes: number;
  /** Complex entries, Nt * Nd. */
  readonly maxEntries: number;
}

/** Sizes of one model. */
export type BatchSizes = Omit<BatchLayout, 'maxBatchSize'>;

/** The layout that holds a batch of any of the models. */
export function batchLayoutOf(models: Iterable<{ readonly sizes: BatchSizes }>, maxBatchSize: number): BatchLayout {
  const all = [...models];
  const most = (name: keyof BatchSizes) => Math.max(0, ...all.map(({ sizes }) => sizes[name]));
  return { maxBatchSize, maxRecordBytes: most('maxRecordBytes'), maxEntries: most('maxEntries') };
}

export function sameLayout(a: BatchLayout, b: BatchLayout): boolean {
  return a.maxBatchSize === b.maxBatchSize && a.maxRecordBytes === b.maxRecordBytes && a.maxEntries === b.maxEntries;
}
