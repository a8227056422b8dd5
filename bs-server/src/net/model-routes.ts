import type { CsiShape } from '@edge-csi/csi';
import { isPathModel, readChecked } from '@edge-csi/models';
import type { ServedModel } from '../ops/model-catalog.ts';
import type { ModelVersions } from '../ops/model-versions.ts';
import type { OfferedFile } from './http-answer.ts';

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
): ReadonlyMap<string, OfferedFile> {
  const routes = new Map<string, OfferedFile>();
  const models = served.map(({ version, manifest, sha256, url }, i) => {
    const { id, family } = manifest;
    const { pruned, reduction } = isPathModel(manifest) ? { pruned: false, reduction: null } : manifest;
    return { id, sha256, url, version, active: i === 0, family, pruned, reduction };
  });
  routes.set('/models', json({ models }, served.map(({ sha256 }) => sha256.slice(0, 16)).join('-')));
  for (const { manifest, sha256, read, url } of decodable) {
    const files = new Map([['manifest.json', json(manifest, sha256)]]);
    for (const name of ['encoder', 'allocation'] as const) {
      const entry = manifest.files[name];
      if (entry === undefined) continue;
      files.set(entry.path, {
        contentType: 'application/octet-stream',
        etag: `"${entry.sha256}"`,
        read: () => readChecked(manifest.id, entry, read),
      });
    }
    const isPreferred = !routes.has(`/models/${manifest.id}/manifest.json`);
    for (const [name, file] of files) {
      routes.set(new URL(name, new URL(url, 'http://bs')).pathname, file);
      if (isPreferred) routes.set(`/models/${manifest.id}/${name}`, file);
    }
  }
  return routes;
}

function json(value: unknown, version: string): OfferedFile {
  const bytes = new TextEncoder().encode(`${JSON.stringify(value)}\n`);
  return { contentType: 'application/json', etag: `"${version}"`, read: async () => bytes };
}

/** What a server offers to UEs and base bands, by the models that it serves or still decodes. */
export interface ModelOffer {
  readonly files: ReadonlyMap<string, OfferedFile>;
  /** Shapes of uplink CSI that are taken. */
  readonly shapes: readonly CsiShape[];
}

export function offerOf({ served, decodable }: ModelVersions<ServedModel>): ModelOffer {
  return { files: modelRoutes(served, decodable), shapes: decodable.map(({ shape }) => shape) };
}
