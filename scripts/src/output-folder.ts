import { access, constants, mkdir } from 'node:fs/promises';
import { UsageError } from './usage.ts';

/**
 * Makes, before a long run, the folder that its files go into, where it is not there yet.
 *
 * @param option - the option that names the folder
 * @throws UsageError where it cannot be made or written to.
 */
export async function makeOutputFolder(folder: string | undefined, option: string): Promise<void> {
  if (folder === undefined) return;
  try {
    await mkdir(folder, { recursive: true });
    await access(folder, constants.W_OK);
  } catch (cause) {
    throw new UsageError(`${option} is '${folder}', which is not a folder that can be written to`, { cause });
  }
}
