import { type FileHandle, open, rename, rm } from 'node:fs/promises';

/**
 * Writes a file under a temporary name beside it and renames it when it is complete: a write that fails or is
 * interrupted leaves no half file under the name, and an older one there stays.
 */
export async function writeWhole(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const partial = `${path}.part`;
  const file = await open(partial, 'w');
  try {
    await write(file);
  } catch (error) {
    await file.close();
    await rm(partial, { force: true });
    throw error;
  }
  await file.close();
  await rename(partial, path);
}

/** Writes all bytes to one place of a file. */
export async function writeAt(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}
