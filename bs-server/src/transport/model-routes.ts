import type { ServedModel } from '../model-catalog.ts';

/** A file that is served as it is. */
export interface StaticFile {
  readonly contentType: string;
  /** Strong validator: the file's hash. */
  readonly etag: string;
  readonly bytes: Uint8Array;
}

/**
 * What a UE may fetch, by path: the list of models, and of each its manifest, encoder and allocation. A path is looked
 * up whole, so nothing else on the disk has one.
 */
export function modelRoutes(served: readonly ServedModel[]): ReadonlyMap<string, StaticFile> {
  const routes = new Map<string, StaticFile>();
  const models = served.map(({ manifest, sha256, url }) => {
    const { id, family, pruned, reduction } = manifest;
    return { id, sha256, url, family, pruned, reduction };
  });
  routes.set('/models', json({ models }, served.map(({ sha256 }) => sha256.slice(0, 16)).join('-')));
  for (const { manifest, sha256, bundle, url } of served) {
    routes.set(url, json(manifest, sha256));
    for (const name of ['encoder', 'allocation'] as const) {
      const entry = manifest.files[name];
      const bytes = bundle.files.get(name) as Uint8Array;
      const file = { contentType: 'application/octet-stream', etag: `"${entry.sha256}"`, bytes };
      routes.set(new URL(entry.path, new URL(url, 'http://bs')).pathname, file);
    }
  }
  return routes;
}

function json(value: unknown, version: string): StaticFile {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return { contentType: 'application/json', etag: `"${version}"`, bytes };
}
