import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';

const folders: string[] = [];

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

/** Path of a file that the end of the test removes; the file itself is not made. */
export async function temporaryPath(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'edge-csi-'));
  folders.push(folder);
  return join(folder, name);
}

/** Path of a file with the given bytes, removed at the end of the test. */
export async function temporaryFile(name: string, bytes: Uint8Array): Promise<string> {
  const path = await temporaryPath(name);
  await writeFile(path, bytes);
  return path;
}
