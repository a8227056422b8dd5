import { access, constants, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UsageError } from './usage.ts';

/**
 * Checks, before a long run, that its result can be written.
 *
 * @param option - the option that names the file
 * @throws UsageError naming the folder that is missing or read-only.
 */
export async function requireWritable(file: string | undefined, option = '--json'): Promise<void> {
  if (file === undefined) return;
  const folder = path.dirname(path.resolve(file));
  try {
    await access(folder, constants.W_OK);
  } catch {
    throw new UsageError(`${option} is '${file}', but ${folder} is not a folder that can be written to`);
  }
}

/** Writes a result as indented JSON. Nothing is written where no file is asked for. */
export async function writeJson(file: string | undefined, result: unknown): Promise<void> {
  if (file !== undefined) await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
}
