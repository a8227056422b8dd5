import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { StaticFile } from '@edge-csi/bs-server';
import { CsiError } from '@edge-csi/csi';

const contentTypes: ReadonlyMap<string, string> = new Map([
  ['.html', 'text/html; charset=utf-8'],
  ['.css', 'text/css; charset=utf-8'],
  ['.svg', 'image/svg+xml'],
  ['.js', 'text/javascript; charset=utf-8'],
  ['.mjs', 'text/javascript; charset=utf-8'],
  ['.wasm', 'application/wasm'],
]);

/** What onnxruntime-web loads when it starts; 14 MB. */
const ortFiles = ['ort-wasm-simd-threaded.mjs', 'ort-wasm-simd-threaded.wasm'] as const;

/** The files of the UE client's page, by name. Only what stands here can be asked for. */
export class PageFiles {
  readonly #paths: ReadonlyMap<string, string>;
  readonly #read = new Map<string, Promise<StaticFile>>();

  private constructor(paths: ReadonlyMap<string, string>) {
    this.#paths = paths;
  }

  /** @throws CsiError `dependency-missing` where the page has not been built. */
  static async find(): Promise<PageFiles> {
    const folder = path.dirname(fileURLToPath(import.meta.resolve('@edge-csi/ue-client/page/index.html')));
    const names = await readdir(folder).catch((cause: Error) => {
      throw new CsiError('dependency-missing', 'the page is not built; run: npm run build', { cause });
    });
    const paths = new Map<string, string>();
    for (const name of names) {
      if (contentTypes.has(path.extname(name))) paths.set(name, path.join(folder, name));
    }
    const { resolve } = createRequire(import.meta.url);
    for (const name of ortFiles) paths.set(`ort/${name}`, resolve(`onnxruntime-web/${name}`));
    return new PageFiles(paths);
  }

  /** A file, read when it is first asked for; undefined where there is none of that name. */
  get(name: string): Promise<StaticFile> | undefined {
    const file = this.#paths.get(name);
    if (file === undefined) return undefined;
    const known = this.#read.get(name);
    if (known !== undefined) return known;
    const reading = readStatic(file);
    this.#read.set(name, reading);
    // A disk that failed once may work the next time; whoever asked hears of it.
    reading.catch(() => this.#read.delete(name));
    return reading;
  }
}

async function readStatic(file: string): Promise<StaticFile> {
  const bytes = await readFile(file);
  const etag = `"${createHash('sha256').update(bytes).digest('hex')}"`;
  return { bytes, etag, contentType: contentTypes.get(path.extname(file)) ?? 'application/octet-stream' };
}
