import path from 'node:path';
import { CsiError, type CsiShape } from '@edge-csi/csi';
import { isUplinkOnly, type Manifest, type ModelBundle, type ModelFile, toHex } from '@edge-csi/models';
import { loadModel, readZoo, type ZooEntry } from '@edge-csi/models/disk';
import { type ModelRef, WireError } from '@edge-csi/proto';
import type { BatchLayout } from './decoding/batch-buffers.ts';
import { assertFramesFit } from './frame-limits.ts';

/** A model the server decodes. */
export interface ServedModel {
  /** Position among the served models. */
  readonly index: number;
  readonly manifest: Manifest;
  /** Id and pairing hash, as on the wire. */
  readonly ref: ModelRef;
  /** Pairing hash in hex. */
  readonly sha256: string;
  /** Path of the manifest on the HTTP port. */
  readonly url: string;
  readonly shape: CsiShape;
  readonly bundle: ModelBundle;
}

/**
 * Loads the models to serve, with every file's hash checked.
 *
 * @param directory - one folder per model, named by its id
 * @param ids - models to serve, the preferred one first; all of the folder where absent
 * @throws CsiError `model-unknown`, or `model-invalid` where a model is broken, too large for the wire, or its folder has
 * another name.
 */
export async function loadCatalog(directory: string, ids: readonly string[] | undefined): Promise<ServedModel[]> {
  const zoo = (await readZoo(directory)).filter(({ manifest }) => !isUplinkOnly(manifest));
  const known = zoo.map(({ manifest }) => manifest.id);
  const wanted = ids ?? known;
  if (wanted.length === 0) throw new CsiError('model-unknown', `${directory} holds no model`);
  const unknown = wanted.find((id) => !known.includes(id));
  if (unknown !== undefined) {
    throw new CsiError('model-unknown', `model ${unknown} is not in ${directory}, which holds ${known.join(', ')}`);
  }
  for (const id of wanted) assertFolderNamed(directory, zoo, id);
  const files: readonly ModelFile[] = ['encoder', 'decoder', 'refiner'];
  return Promise.all(
    [...new Set(wanted)].map(async (id, index) => {
      const bundle = await loadModel(path.join(directory, id), files);
      assertFramesFit(bundle);
      const { manifest, sha256 } = bundle;
      const { numAntennas, numDelays } = manifest.csi;
      const ref = { id, sha256 };
      return {
        index,
        manifest,
        ref,
        sha256: toHex(sha256),
        url: `/models/${id}/manifest.json`,
        shape: { numAntennas, numDelays },
        bundle,
      };
    }),
  );
}

/** @throws CsiError `model-invalid` naming the folder and the id where a model is not in the folder of its id. */
export function assertFolderNamed(directory: string, zoo: readonly ZooEntry[], id: string): void {
  const holding = zoo.filter(({ manifest }) => manifest.id === id);
  if (holding.some(({ folder }) => folder === id)) return;
  const folder = path.join(directory, holding[0]?.folder ?? id);
  throw new CsiError('model-invalid', `folder ${folder} holds model ${id}: a model's folder must be named by its id`);
}

/**
 * The model a UE is told to use: the server's favourite among those that the UE holds in the same version; the
 * server's favourite at all where the UE holds none yet and will fetch it.
 *
 * @param held - what the UE named in Hello
 * @throws WireError `model-mismatch`, naming the hash to fetch, or `model-unknown`, naming what is served.
 */
export function pairModel(served: readonly ServedModel[], held: readonly ModelRef[]): ServedModel {
  const favourite = served[0] as ServedModel;
  if (held.length === 0) return favourite;
  const paired = served.find((model) =>
    held.some(({ id, sha256 }) => id === model.ref.id && toHex(sha256) === model.sha256),
  );
  if (paired !== undefined) return paired;
  const other = served.find((model) => held.some(({ id }) => id === model.ref.id));
  if (other !== undefined) {
    const mine = held.find(({ id }) => id === other.ref.id) as ModelRef;
    throw new WireError(
      'model-mismatch',
      `model ${other.ref.id} has sha256 ${other.sha256} here, the UE holds ${toHex(mine.sha256)}; fetch ${other.url}`,
    );
  }
  throw new WireError(
    'model-unknown',
    `none of the UE's models is served here; served are ${served.map(({ ref }) => ref.id).join(', ')}`,
  );
}

/** Sizes that hold a batch of any served model. */
export function batchLayoutOf(served: readonly ServedModel[], maxBatchSize: number): BatchLayout {
  const most = (size: (model: ServedModel) => number) => Math.max(...served.map(size));
  return {
    maxBatchSize,
    maxCodewordBytes: most(({ bundle }) => Math.ceil(bundle.quantizer.totalBits / 8)),
    maxPhaseBytes: most((model) => Math.ceil(maxPhaseBits(model) / 8)),
    maxEntries: most(({ shape }) => shape.numAntennas * shape.numDelays),
  };
}

/** Most phase or sign bits any codeword of the model can ask for. */
export function maxPhaseBits({ bundle }: ServedModel): number {
  return bundle.allocation.numEntries * bundle.allocation.maxBits;
}
