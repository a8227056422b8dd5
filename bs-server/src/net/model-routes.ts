import type { CsiShape } from '@edge-csi/csi';
import type { ServedModel } from '../ops/model-catalog.ts';
import type { ModelVersions } from '../ops/model-versions.ts';
import type { StaticFile } from './http-answer.ts';

/**
 * What a UE may fetch, by path: the list of models, and of each version its manifest, encoder and allocation. A path
 * is looked up whole, so nothing else on the disk has one.
 *
 * @param served - listed, the active one first; the first of an id is also found without its hash
 * @param decodable - the served ones and those that UEs may still be on their way to
 */
export function modelRoutes(
  served: readonly ServedModel[],
  decodable: readonly ServedModel[] = served,
): ReadonlyMap<string, StaticFile> {
  const routes = new Map<string, StaticFile>();
  const models = served.map(({ version, manifest, sha256, url }, i) => {
    const { id, family, pruned, reduction } = manifest;
    return { id, sha256, url, version, active: i === 0, family, pruned, reduction };
  });
  routes.set('/models', json({ models }, served.map(({ sha256 }) => sha256.slice(0, 16)).join('-')));
  for (const { manifest, sha256, bundle, url } of decodable) {
    const files = new Map([['manifest.json', json(manifest, sha256)]]);
    for (const name of ['encoder', 'allocation'] as const) {
      const entry = manifest.files[name];
      const bytes = bundle.files.get(name) as Uint8Array;
      files.set(entry.path, { contentType: 'application/octet-stream', etag: `"${entry.sha256}"`, bytes });
    }
    const isPreferred = !routes.has(`/models/${manifest.id}/manifest.json`);
    for (const [name, file] of files) {
      routes.set(new URL(name, new URL(url, 'http://bs')).pathname, file);
      if (isPreferred) routes.set(`/models/${manifest.id}/${name}`, file);
    }
  }
  return routes;
}

function json(value: unknown, version: string): StaticFile {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return { contentType: 'application/json', etag: `"${version}"`, bytes };
}

/** What a server offers to UEs and base bands, by the models that are loaded. */
export interface ModelOffer {
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Shapes of uplink CSI that are taken. */
  readonly shapes: readonly CsiShape[];
}

export function offerOf({ ready, decodable }: ModelVersions<ServedModel>): ModelOffer {
  return { files: modelRoutes(ready, decodable), shapes: decodable.map(({ shape }) => shape) };
}
