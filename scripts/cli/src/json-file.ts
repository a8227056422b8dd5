import { access, constants, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from '@edge-csi/lab/usage-error';

/**
 * Checks, before a long run, that its result can be written.
 *
 * @param option - the option that names the file
 * @throws UsageError naming the folder that is missing or read-only, or that is in the place of the file.
 */
export async function requireWritable(file: string | undefined, option = '--json'): Promise<void> {
  if (file === undefined) return;
  await requireFolder(path.dirname(path.resolve(file)), `${option} is '${file}'`);
  if (await isFolder(file)) throw new UsageError(`${option} is '${file}', which is a folder; give a file`);
}

/**
 * Checks, before a long run, that its results can be written into a folder, which is there or can be made.
 *
 * @param option - the option that names the folder
 * @throws UsageError naming what is missing, read-only or no folder.
 */
export async function requireWritableFolder(folder: string | undefined, option: string): Promise<void> {
  if (folder === undefined) return;
  const isThere = await stat(folder).then(
    () => true,
    // What is not there yet can be made.
    () => false,
  );
  const resolved = path.resolve(folder);
  await requireFolder(isThere ? resolved : path.dirname(resolved), `${option} is '${folder}'`);
}

async function requireFolder(folder: string, given: string): Promise<void> {
  const isWritable = await access(`${folder}${path.sep}`, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) throw new UsageError(`${given}, but ${folder} is not a folder that can be written to`);
}

async function isFolder(file: string): Promise<boolean> {
  return stat(file).then(
    (found) => found.isDirectory(),
    // What is not there yet can be made.
    () => false,
  );
}

/** Writes a result as indented JSON. Nothing is written where no file is asked for. */
export async function writeJson(file: string | undefined, result: unknown): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
