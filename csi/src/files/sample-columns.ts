import type { CsiSamples } from './csi-layout.ts';
import type { Variable } from './variable.ts';

/** What files say of each sample beside its CSI: whose it is and when, and where it was taken. */
const columnNames = ['environment', 'distance_m', 'ue', 'slot'] as const;

/** One number a sample, by name. */
export type SampleColumns = Readonly<Partial<Record<(typeof columnNames)[number], Float64Array>>>;

/**
 * Reads the columns of a file, whatever their type and whether they stand, lie or are flat: `[N]`, `[1, N]` or `[N, 1]`.
 *
 * @param samples - of the file; where a row of it gives several, they share the row's number
 * @returns also a sentence on each variable of such a name that is no column of so many numbers
 */
export async function readColumns(
  variables: readonly Variable[],
  { numSamples, samplesPerRow }: Pick<CsiSamples, 'numSamples' | 'samplesPerRow'>,
): Promise<{ readonly columns: SampleColumns; readonly notes: readonly string[] }> {
  const numRows = numSamples / samplesPerRow;
  const columns: Partial<Record<string, Float64Array>> = {};
  const notes: string[] = [];
  for (const name of columnNames) {
    const variable = variables.find((candidate) => (candidate.name.split('/').at(-1) as string) === name);
    if (variable === undefined) continue;
    const { type, shape } = variable;
    const isNumeric = /^((u?int|float)\d+|bool)$|^(double|single)$/.test(type);
    const fits = isNumeric && shape.filter((size) => size !== 1).length <= 1 && sizeOf(shape) === numRows;
    const values = fits && Float64Array.from((await variable.read()).data as ArrayLike<number | bigint>, Number);
    const isIndex = name !== 'distance_m';
    if (values && (!isIndex || values.every(Number.isInteger))) {
      columns[name] = Float64Array.from(
        { length: numSamples },
        (_, i) => values[Math.floor(i / samplesPerRow)] as number,
      );
    } else {
      const what = isIndex ? 'whole numbers' : 'numbers';
      notes.push(
        `${name} ${type} [${shape}] is left aside: a column has ${numRows} ${what}, one a ${samplesPerRow === 1 ? 'sample' : 'row'}`,
      );
    }
  }
  return { columns, notes };
}

function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
