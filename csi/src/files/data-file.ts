import { open } from 'node:fs/promises';
import { CsiError } from '../errors.ts';
import type { PathList } from '../transform/path-list.ts';
import { foreignFile } from './foreign-file.ts';
import { isHdf5, listHdf5 } from './hdf5.ts';
import { isMat5, listMat5 } from './mat5.ts';
import { isNpy, parseNpy, parseNpyHeader, readBytes } from './npy.ts';
import { isZip, unpackNpz } from './npz.ts';
import { joinParts } from './part-pairs.ts';
import { isPathList, parsePathList } from './path-list-file.ts';
import type { Variable } from './variable.ts';

/** What a data file holds, whatever its format. */
export type DataFile =
  | {
      readonly kind: 'path-list';
      readonly path: string;
      readonly paths: PathList;
      /** All arrays of the file, those of the paths among them. */
      readonly variables: readonly Variable[];
    }
  | {
      readonly kind: 'variables';
      readonly path: string;
      readonly format: string;
      readonly variables: readonly Variable[];
    };

/** Bytes that tell a format: the header of a MAT-file is the longest. */
const SIGNATURE_BYTES = 128;

/**
 * Opens a data file of any format that is read, told by its content.
 *
 * @throws CsiError `file-format` where it is of none or damaged, `dependency-missing` where its reader is not installed.
 */
export async function openDataFile(path: string): Promise<DataFile> {
  const start = await readStart(path);
  if (isMat5(start)) return variablesOf(path, 'MAT-file v5', await listMat5(path));
  if (isHdf5(start)) return variablesOf(path, 'HDF5', await listHdf5(path));
  if (isNpy(start)) return variablesOf(path, '.npy', [npyVariable('', await readBytes(path), path)]);
  if (isZip(start)) return openNpz(path, await readBytes(path));
  throw foreignFile(path, start);
}

function variablesOf(path: string, format: string, variables: readonly Variable[]): DataFile {
  return { kind: 'variables', path, format, variables: joinParts(variables) };
}

function openNpz(path: string, bytes: Uint8Array): DataFile {
  const contents = unpackNpz(bytes, path);
  const variables = Array.from(contents, ([name, content]) => npyVariable(name, content, `${path}: ${name}`));
  if (isPathList(contents)) {
    const arrays = Array.from(contents, ([name, content]) => [name, parseNpy(content, `${path}: ${name}`)] as const);
    return { kind: 'path-list', path, paths: parsePathList(new Map(arrays), path), variables };
  }
  return variablesOf(path, '.npz', variables);
}

function npyVariable(name: string, bytes: Uint8Array, label: string): Variable {
  const { type, shape } = parseNpyHeader(bytes, label);
  return { name, type, shape, read: async () => parseNpy(bytes, label) };
}

async function readStart(path: string): Promise<Uint8Array> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read({ buffer: new Uint8Array(SIGNATURE_BYTES), position: 0 });
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (cause) {
    const reason = cause instanceof Error && 'code' in cause ? cause.code : cause;
    throw new CsiError('file-format', `${path}: cannot be read (${reason})`, { cause });
  }
}
