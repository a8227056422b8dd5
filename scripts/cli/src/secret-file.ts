import { readFile } from 'node:fs/promises';
import { UsageError } from '@edge-csi/lab/usage-error';

/** Reads a file that an option names. */
export async function fileOption(option: string, path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new UsageError(`${option} is '${path}', which cannot be read: ${(cause as Error).message}`, { cause });
  }
}

/** Reads a secret. The line break that an editor puts behind it is no part of it. */
export async function secretOption(option: string, path: string): Promise<string> {
  const secret = (await fileOption(option, path)).toString('utf8').replace(/\r?\n$/, '');
  const length = Buffer.byteLength(secret);
  if (length < 32) {
    throw new UsageError(`${option} is '${path}', with ${length} bytes; make one with: openssl rand -hex 32 > ${path}`);
  }
  return secret;
}
