import { CsiError, createUeCodec, type UeCodec } from '@edge-csi/csi';
import { loadBundle, parseReportManifest, type ReportBundle, type ReportManifest, toHex } from '@edge-csi/models';
import { type ModelRef, type ReportConfig, reasonOf, urlUnder, WireError } from '@edge-csi/proto';
import { httpGet } from '#platform';
import { openEncoder } from './encoder.ts';
import type { ResolvedOptions } from './options.ts';
import type { HttpResponse } from './platform/platform.ts';
import { type ReportEncoder, warmUp } from './report-encoder.ts';

/** A model ready to make reports. */
export interface ActiveModel {
  readonly bundle: ReportBundle;
  readonly codec: UeCodec;
  readonly reports: ReportEncoder;
}

/** The model in use, kept from one session to the next. */
export class ModelSlot {
  readonly #options: ResolvedOptions;
  #current: ActiveModel | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
  }

  /**
   * What the UE says it holds: the caller's own model, and with that the one in use, should the BS have asked for another.
   * A fetched one alone is not offered: it is the BS's of an earlier session, and a BS that came back with another would
   * refuse the UE for it.
   */
  get refs(): ModelRef[] {
    const own = this.#options.model;
    if (own === undefined) return [];
    const refs = [refOf(own)];
    if (this.#current !== undefined && !isSameModel(own, refOf(this.#current.bundle))) {
      refs.push(refOf(this.#current.bundle));
    }
    return refs;
  }

  /**
   * Gets a model ready, warmed up, without taking the current one out of use.
   *
   * @throws CsiError `model-mismatch` where the BS delivers another model than it named
   */
  async load({ model, modelUrl }: ReportConfig, signal: AbortSignal): Promise<ActiveModel> {
    if (this.#current !== undefined && isSameModel(this.#current.bundle, model)) return this.#current;
    const bundle = await this.#bundle(model, modelUrl, signal);
    signal.throwIfAborted();
    const codec = createUeCodec(bundle.codec);
    const reports = await openEncoder(this.#options.encoder, bundle);
    try {
      await warmUp(reports, codec, this.#options.warmUpRuns);
      signal.throwIfAborted();
    } catch (error) {
      await reports.close();
      throw error;
    }
    return { bundle, codec, reports };
  }

  /** Puts a loaded model in use. Nothing may be encoding. */
  install(model: ActiveModel): void {
    const previous = this.#current;
    this.#current = model;
    if (previous !== undefined) this.discard(previous);
  }

  /** Releases a loaded model that is not, or no longer, in use. */
  discard(model: ActiveModel): void {
    if (model !== this.#current) void model.reports.close();
  }

  async close(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    await current?.reports.close();
  }

  async #bundle(wanted: ModelRef, modelUrl: string, signal: AbortSignal): Promise<ReportBundle> {
    const { model, url, tls, agent } = this.#options;
    if (model !== undefined && isSameModel(model, wanted)) return model;
    // ws: -> http:, wss: -> https:, on the same host and port, under the same path.
    const base = url.replace(/^ws/, 'http');
    const manifestUrl = new URL(modelUrl.startsWith('/') ? urlUnder(base, modelUrl) : modelUrl, base);
    return fetchModel((file) => httpGet(file, { tls, agent }, signal), manifestUrl, wanted, signal);
  }
}

function refOf({ manifest, sha256 }: ReportBundle): ModelRef {
  return { id: manifest.id, sha256 };
}

/** Starts an HTTP GET that the signal given to `fetchModel` aborts. */
type Get = (url: URL) => Promise<HttpResponse>;

const maxManifestBytes = 1024 * 1024;

/**
 * Fetches a model's manifest from the BS, and of networks the encoder and allocation, and checks every hash.
 *
 * @param get starts an HTTP GET
 * @param manifestUrl absolute; the files lie beside it
 * @param wanted the id and pairing hash the BS named
 * @throws WireError `connection-lost` where the BS does not deliver, `model-unknown` where it has no such model
 * @throws CsiError `model-invalid` or `model-mismatch` where it delivers something else
 */
async function fetchModel(get: Get, manifestUrl: URL, wanted: ModelRef, signal: AbortSignal): Promise<ReportBundle> {
  const bytes = await fetchBytes(get, manifestUrl, maxManifestBytes, signal);
  const manifest = parseReportManifest(parseJson(bytes, manifestUrl));
  const sizes = new Map(
    Object.values(manifest.files).flatMap((file) => (file ? [[file.path, file.bytes] as const] : [])),
  );
  const bundle = await loadBundle(
    manifest,
    (path) => fetchBytes(get, new URL(path, manifestUrl), sizes.get(path) ?? 0, signal),
    ['encoder'],
  );
  if (isSameModel(bundle, wanted)) return bundle;
  const found = describe(bundle.manifest.id, bundle.sha256);
  throw new CsiError('model-mismatch', `the BS wants ${describe(wanted.id, wanted.sha256)}, this is ${found}`);
}

function isSameModel(
  bundle: { readonly manifest: ReportManifest; readonly sha256: Uint8Array },
  ref: ModelRef,
): boolean {
  return bundle.manifest.id === ref.id && ref.sha256.every((byte, i) => byte === bundle.sha256[i]);
}

function describe(id: string, sha256: Uint8Array): string {
  return `${id} (${toHex(sha256.subarray(0, 4))}...)`;
}

function parseJson(bytes: Uint8Array, url: URL): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CsiError('model-invalid', `${url}: not JSON`, { cause });
  }
}

/** Reads a response of at most `maxBytes`: what the other end says of its length is not believed. */
async function fetchBytes(get: Get, url: URL, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const { status, body } = await get(url);
    for await (const chunk of body) {
      if (status !== 200) break;
      length += chunk.length;
      if (length > maxBytes) throw new CsiError('model-invalid', `${url}: over ${maxBytes} bytes`);
      chunks.push(chunk);
    }
    if (status === 404) throw new WireError('model-unknown', `${url}: HTTP 404`);
    if (status !== 200) throw new Error(`HTTP ${status}`);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof CsiError || cause instanceof WireError) throw cause;
    throw new WireError('connection-lost', `${url}: ${reasonOf(cause)}`, { cause });
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
