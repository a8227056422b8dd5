import { CsiError } from '@edge-csi/csi';
import { loadBundle, type Manifest, type ModelBundle, parseManifest } from '@edge-csi/models';
import { type ModelRef, WireError } from '@edge-csi/proto';

const maxManifestBytes = 1024 * 1024;

/**
 * Fetches a model's manifest, encoder and allocation from the BS and checks every hash.
 *
 * @param manifestUrl absolute; the files lie beside it
 * @param wanted the id and pairing hash the BS named
 * @throws WireError `connection-lost` where the BS does not deliver, `model-unknown` where it has no such model
 * @throws CsiError `model-invalid` or `model-mismatch` where it delivers something else
 */
export async function fetchModel(manifestUrl: URL, wanted: ModelRef, signal: AbortSignal): Promise<ModelBundle> {
  const bytes = await fetchBytes(manifestUrl, maxManifestBytes, signal);
  const manifest = parseManifest(parseJson(bytes, manifestUrl));
  const sizes = new Map(
    Object.values(manifest.files).flatMap((file) => (file ? [[file.path, file.bytes] as const] : [])),
  );
  const bundle = await loadBundle(
    manifest,
    (path) => fetchBytes(new URL(path, manifestUrl), sizes.get(path) ?? 0, signal),
    ['encoder'],
  );
  if (isSameModel(bundle, wanted)) return bundle;
  const found = describe(bundle.manifest.id, bundle.sha256);
  throw new CsiError('model-mismatch', `the BS wants ${describe(wanted.id, wanted.sha256)}, this is ${found}`);
}

export function isSameModel(
  bundle: { readonly manifest: Manifest; readonly sha256: Uint8Array },
  ref: ModelRef,
): boolean {
  return bundle.manifest.id === ref.id && ref.sha256.every((byte, i) => byte === bundle.sha256[i]);
}

function describe(id: string, sha256: Uint8Array): string {
  return `${id} (${Array.from(sha256.subarray(0, 4), (byte) => byte.toString(16).padStart(2, '0')).join('')}...)`;
}

function parseJson(bytes: Uint8Array, url: URL): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new CsiError('model-invalid', `${url}: not JSON`, { cause });
  }
}

/** Reads a response of at most `maxBytes`: what the other end says of its length is not believed. */
async function fetchBytes(url: URL, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  try {
    const response = await fetch(url, { signal, redirect: 'error' });
    if (response.status === 404) throw new WireError('model-unknown', `${url}: HTTP 404`);
    if (!response.ok || response.body === null) throw new Error(`HTTP ${response.status}`);
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      length += value.length;
      if (length > maxBytes) {
        await reader.cancel();
        throw new CsiError('model-invalid', `${url}: over ${maxBytes} bytes`);
      }
      chunks.push(value);
    }
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
