import type { NpyArray } from './npy.ts';

/** A variable of a data file; its values are read when asked for. */
export interface Variable {
  /** Empty where the file format has no names. */
  readonly name: string;
  /** Element type: a NumPy name like `float32` or `complex128`, or what the file calls a type that is not numeric. */
  readonly type: string;
  readonly shape: readonly number[];
  /**
   * Reads the values, row-major.
   *
   * @throws CsiError `file-format` where they are damaged or of a type that cannot be read.
   */
  read(): Promise<NpyArray>;
}

/** Most variables that an error lists. */
const MAX_LISTED = 12;

/** Names, types and shapes, for errors. */
export function describeVariables(variables: readonly Variable[]): string {
  if (variables.length === 0) return 'no variables';
  const listed = variables.slice(0, MAX_LISTED).map(describeVariable);
  const more = variables.length - listed.length;
  return listed.join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Name, type and shape. A name of a damaged file may hold anything, so what is not printable is escaped. */
export function describeVariable({ name, type, shape }: Variable): string {
  const printable = /^[\x20-\x7e]*$/.test(name) ? name : JSON.stringify(name);
  return `${printable} ${type} [${shape}]`.trimStart();
}
