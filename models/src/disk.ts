import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CsiError } from '@edge-csi/csi';
import { loadBundle, type ModelBundle, type ModelFile } from './bundle.ts';
import { type Manifest, parseManifest } from './manifest.ts';

/** The folder of trained models that ships with the package. */
export const zooDirectory = fileURLToPath(new URL('../zoo/', import.meta.url));

/** Reads and validates `<directory>/manifest.json`. */
export async function readManifest(directory: string): Promise<Manifest> {
  const file = path.join(directory, 'manifest.json');
  let json: unknown;
  try {
    json = JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CsiError('model-invalid', `${file}: not a readable JSON manifest`, { cause });
  }
  return parseManifest(json);
}

/** Loads a model from a folder that holds manifest.json and the files it names. */
export async function loadModel(directory: string, wanted: readonly ModelFile[]): Promise<ModelBundle> {
  const manifest = await readManifest(directory);
  return loadBundle(manifest, async (name) => readFile(path.join(directory, name)), wanted);
}

/**
 * Manifests of every model in a zoo folder: magnitudes before absolute parts, spherical before minmax, few antennas
 * before many, then by id. Whoever asks for a model without naming it takes the first that fits.
 *
 * @throws CsiError `model-unknown` where the folder cannot be read, `model-invalid` where a manifest is broken.
 */
export async function listModels(zoo: string = zooDirectory): Promise<Manifest[]> {
  const entries = await readdir(zoo, { withFileTypes: true }).catch((cause: Error) => {
    throw new CsiError('model-unknown', `${zoo} is no folder of models: ${cause.message}`, { cause });
  });
  const folders = entries.filter((e) => e.isDirectory()).map((e) => path.join(zoo, e.name));
  const manifests = await Promise.all(folders.map(readManifest));
  return manifests.sort(
    (a, b) =>
      Number(a.planes === 'absolute-parts') - Number(b.planes === 'absolute-parts') ||
      Number(a.normalization.kind === 'minmax') - Number(b.normalization.kind === 'minmax') ||
      a.csi.numAntennas - b.csi.numAntennas ||
      a.id.localeCompare(b.id, 'en', { numeric: true }),
  );
}
