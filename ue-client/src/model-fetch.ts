import { CsiError } from '@edge-csi/csi';
import { loadBundle, parseReportManifest, type ReportBundle, type ReportManifest, toHex } from '@edge-csi/models';
import { type ModelRef, WireError } from '@edge-csi/proto';
import type { HttpResponse } from './http/http.ts';

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
export async function fetchModel(
  get: Get,
  manifestUrl: URL,
  wanted: ModelRef,
  signal: AbortSignal,
): Promise<ReportBundle> {
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

export function isSameModel(
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
    throw new WireError('connection-lost', `${url}: ${(cause as Error).message}`, { cause });
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
