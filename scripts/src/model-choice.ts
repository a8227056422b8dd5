import type { AnyManifest, Manifest, UplinkOnlyManifest } from '@edge-csi/models';
import { listModels, listUplinkOnlyModels, readZoo, zooDirectory } from '@edge-csi/models/disk';
import { UsageError } from './usage.ts';

/** Finds models of a zoo that decode reports by id. @throws UsageError that names the ids there are. */
export async function modelsById(ids: readonly string[], zoo: string = zooDirectory): Promise<Manifest[]> {
  return pick(await listModels(zoo), ids, zoo);
}

/** Models of either kind by id, all of the zoo where none is named. @throws UsageError that names the ids there are. */
export async function anyModels(ids: readonly string[], zoo: string): Promise<AnyManifest[]> {
  const all = (await readZoo(zoo)).map(({ manifest }) => manifest);
  return ids.length === 0 ? all : pick(all, ids, zoo);
}

/** The uplink-only model of that id. @throws UsageError that names the ids there are. */
export async function uplinkOnlyById(id: string, zoo: string): Promise<UplinkOnlyManifest> {
  const [found] = pick(await listUplinkOnlyModels(zoo), [id], zoo);
  return found as UplinkOnlyManifest;
}

function pick<M extends AnyManifest>(all: readonly M[], ids: readonly string[], zoo: string): M[] {
  return ids.map((id) => {
    const found = all.find((manifest) => manifest.id === id);
    if (found === undefined) {
      throw new UsageError(`no model '${id}' in ${zoo}; there are ${all.map((m) => m.id).join(', ') || 'none'}`);
    }
    return found;
  });
}

/** The pruned models of a zoo, strongest compression last. */
export async function prunedModels(zoo: string = zooDirectory): Promise<Manifest[]> {
  const pruned = (await listModels(zoo)).filter((manifest) => manifest.pruned);
  return pruned.sort((a, b) => a.reduction - b.reduction);
}

/** The pruned model of each reduction asked for. @throws UsageError that names the reductions there are. */
export async function modelsByReduction(
  reductions: readonly number[],
  zoo: string = zooDirectory,
): Promise<Manifest[]> {
  const pruned = await prunedModels(zoo);
  return reductions.map((reduction) => {
    const found = pruned.find((manifest) => manifest.reduction === reduction);
    if (found === undefined) {
      const known = [...new Set(pruned.map((m) => m.reduction))].join(', ');
      throw new UsageError(`no pruned model of reduction ${reduction}; there are ${known || 'none'}`);
    }
    return found;
  });
}
