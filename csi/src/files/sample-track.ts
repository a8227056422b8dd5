import { CsiError } from '../errors.ts';
import type { Variable } from './variable.ts';

/** Which UE each sample of a file is of, and in which slot: what tells samples that are correlated in time. */
export interface SampleTrack {
  /** `[numSamples]` */
  readonly ue: Int32Array;
  /** `[numSamples]`, of 1 ms; never falls from sample to sample of a UE. */
  readonly slot: Int32Array;
}

/**
 * The columns `ue` and `slot` of a file, where it has both.
 *
 * @throws CsiError `file-format` where they are not integers, one a sample.
 */
export async function readSampleTrack(
  columns: readonly Variable[],
  numSamples: number,
  file: string,
): Promise<SampleTrack | undefined> {
  const ue = columns.find(({ name }) => name === 'ue');
  const slot = columns.find(({ name }) => name === 'slot');
  if (ue === undefined || slot === undefined) return undefined;
  return { ue: await readColumn(ue, numSamples, file), slot: await readColumn(slot, numSamples, file) };
}

async function readColumn(column: Variable, numSamples: number, file: string): Promise<Int32Array> {
  const { dtype, shape, data } = await column.read();
  if (dtype === 'int32' && shape.length === 1 && shape[0] === numSamples) return data;
  throw new CsiError('file-format', `${file}: ${column.name} is ${dtype} [${shape}], expected int32 [${numSamples}]`);
}
