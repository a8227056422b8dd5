import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BaseBand, PageAnswer, PageRequest, Pages, StaticFile } from '@edge-csi/bs-server';
import { CsiError } from '@edge-csi/csi';
import { csiMatrixOf, WireError } from '@edge-csi/proto';
import type { PageChannel } from './page-channel.ts';

/** Path of the page on the server's port. */
export const pagePath = '/ui';

/** Everything from this server, nothing inline; WebAssembly may be compiled, JavaScript from text may not. */
const contentSecurityPolicy = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const fileHeaders = {
  'content-security-policy': contentSecurityPolicy,
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  // An isolated page has a clock that ticks in 5 us instead of 100.
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

const maxSlot = 2 ** 32 - 1;

/** What the page's requests are answered from. */
export interface PagesParts {
  readonly files: Pick<PageFiles, 'get'>;
  readonly channel: Pick<PageChannel, 'at' | 'describe'>;
}

/**
 * The UE's page and the air it measures.
 *
 * | | |
 * |---|---|
 * | `GET /ui/...` | files |
 * | `GET /ui/channel.json` | `ChannelDescription` |
 * | `POST /ui/measure?ue=&slot=&model=` | the BS gets the uplink of that slot, the UE is answered with the downlink: float32, little endian, `[2][antenna][delay]` |
 */
export function createPages({ files, channel }: PagesParts): Pages {
  const measure = async ({ query, ueId }: PageRequest, baseBand: BaseBand): Promise<PageAnswer> => {
    const ue = query.get('ue') ?? '';
    const slotText = query.get('slot') ?? '';
    const slot = Number(slotText);
    if (!/^[\w.:-]{1,64}$/.test(ue)) return problem(400, 'ue is not the id of a UE');
    if (!/^\d+$/.test(slotText) || slot > maxSlot) return problem(400, `slot is not an integer in 0..${maxSlot}`);
    if (ueId !== undefined && ueId !== ue) return problem(403, `the token is not for UE ${ue}`);
    try {
      const found = await channel.at(slot, query.get('model') ?? '');
      if (found === undefined) return problem(404, 'there is no channel for that model');
      if (found.uplink !== undefined) baseBand.receiveUplink(ue, slot, found.uplink);
      const { values } = csiMatrixOf(found.downlink);
      return { status: 200, contentType: 'application/octet-stream', body: values };
    } catch (error) {
      if (!(error instanceof CsiError || error instanceof WireError)) throw error;
      return problem(422, `${error.code}: ${error.message}`);
    }
  };
  return {
    path: pagePath,
    async answer(request, baseBand) {
      const name = request.path.slice(pagePath.length);
      if (request.method === 'POST') return name === '/measure' ? measure(request, baseBand) : undefined;
      if (name === '/channel.json') return json(await channel.describe());
      const file = await files.get(name.length <= 1 ? 'index.html' : name.slice(1));
      return file && { file, headers: fileHeaders };
    },
  };
}

function problem(status: number, message: string): PageAnswer {
  return { status, contentType: 'text/plain', body: `${message}\n` };
}

function json(value: unknown): PageAnswer {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}

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
    const folder = fileURLToPath(new URL('../../dist/ui/', import.meta.url));
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
