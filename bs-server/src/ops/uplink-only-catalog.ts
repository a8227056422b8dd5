import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import { isUplinkOnly, type UplinkOnlyBundle } from '@edge-csi/models';
import { loadUplinkOnlyModel, readZoo } from '@edge-csi/models/disk';
import { sameShape } from '../join/uplink-join.ts';
import { assertFolderNamed, type ServedModel, sameLink } from './model-catalog.ts';

/**
 * Loads the model that decodes uplinks alone, with its file's hash checked.
 *
 * @param directory - one folder per model, named by its id
 * @param wanted - id of the model; undefined: the first by id that was made for the shape, bands and timing of a served
 * model, if there is one; false: none
 * @throws CsiError `model-unknown` where a wanted model is not there or takes CSI of another shape than those served,
 * `model-invalid` where it is broken or its folder has another name.
 */
export async function loadUplinkOnly(
  directory: string,
  wanted: string | false | undefined,
  served: readonly ServedModel[],
): Promise<UplinkOnlyBundle | undefined> {
  if (wanted === false) return undefined;
  const zoo = await readZoo(directory);
  const known = zoo.flatMap(({ manifest }) => (isUplinkOnly(manifest) ? [manifest] : []));
  const found = known.find((manifest) =>
    // What a network has learnt of one pair of bands and one timing does not hold for another.
    wanted === undefined ? served.some((model) => sameLink(manifest, model.manifest)) : manifest.id === wanted,
  );
  if (found === undefined) {
    if (wanted === undefined) return undefined;
    const ids = known.map(({ id }) => id).join(', ') || 'none';
    throw new CsiError('model-unknown', `uplink-only model ${wanted} is not in ${directory}, which holds ${ids}`);
  }
  const { id, csi } = found;
  if (!served.some(({ shape }) => sameShape(shape, csi))) {
    throw new CsiError(
      'model-unknown',
      `uplink-only model ${id} takes ${csi.numAntennas} x ${csi.numDelays}, which no served model does`,
    );
  }
  assertFolderNamed(directory, zoo, id);
  return loadUplinkOnlyModel(path.join(directory, id));
}
