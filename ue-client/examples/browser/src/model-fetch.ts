import { loadBundle, type ModelBundle, parseManifest } from '@edge-csi/models';

/** Ids of the models that the BS serves at present, each once. @throws Error what went wrong, for people */
export async function listServedModels(signal: AbortSignal): Promise<readonly string[]> {
  const { models } = (await (await get(new URL('/models', location.origin), signal)).json()) as {
    readonly models: readonly { readonly id: string }[];
  };
  return [...new Set(models.map(({ id }) => id))];
}

/**
 * Fetches a model with its encoder, and checks every hash: a UE that holds it is told to use it.
 *
 * @throws CsiError `model-invalid` where it is not what its manifest says; Error where the BS does not deliver
 */
export async function fetchServedModel(id: string, signal: AbortSignal): Promise<ModelBundle> {
  const url = new URL(`/models/${id}/manifest.json`, location.origin);
  const manifest = parseManifest(await (await get(url, signal)).json());
  const read = async (path: string) => new Uint8Array(await (await get(new URL(path, url), signal)).arrayBuffer());
  return loadBundle(manifest, read, ['encoder']);
}

async function get(url: URL, signal: AbortSignal): Promise<Response> {
  const response = await fetch(url, { signal });
  if (!response.ok) throw new Error(`${url.pathname}: HTTP ${response.status}`);
  return response;
}
