import { readFile } from 'node:fs/promises';

/** Version of this package, as its package.json says. */
export async function packageVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
}
