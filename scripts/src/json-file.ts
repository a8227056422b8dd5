import { access, constants, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './usage.ts';

/**
 * Checks, before a long run, that its result can be written.
 *
 * @param option - the option that names the file
 * @throws UsageError naming the folder that is missing or read-only, or that is in the place of the file.
 */
export async function requireWritable(file: string | undefined, option = '--json'): Promise<void> {
  if (file === undefined) return;
  const folder = path.dirname(path.resolve(file));
  const isWritable = await access(`${folder}${path.sep}`, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!isWritable) {
    throw new UsageError(`${option} is '${file}', but ${folder} is not a folder that can be written to`);
  }
  const isFolder = await stat(file).then(
    (found) => found.isDirectory(),
    // What is not there yet can be made.
    () => false,
  );
  if (isFolder) throw new UsageError(`${option} is '${file}', which is a folder; give a file`);
}

/** Writes a result as indented JSON. Nothing is written where no file is asked for. */
export async function writeJson(file: string | undefined, result: unknown): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
