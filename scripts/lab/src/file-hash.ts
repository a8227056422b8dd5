import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { CsiError } from '@edge-csi/csi';

/** SHA-256 of a file's bytes, hexadecimal. @throws CsiError `file-format` where the file cannot be read. */
export async function sha256Of(file: string): Promise<string> {
  try {
    return createHash('sha256')
      .update(await readFile(file))
      .digest('hex');
  } catch (cause) {
    throw new CsiError('file-format', `${file}: cannot be read`, { cause });
  }
}
