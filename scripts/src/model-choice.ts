import type { Manifest } from '@edge-csi/models';
import { listModels, zooDirectory } from '@edge-csi/models/disk';
import { UsageError } from './usage.ts';

/** Finds models of a zoo by id. @throws UsageError that names the ids there are. */
export async function modelsById(ids: readonly string[], zoo: string = zooDirectory): Promise<Manifest[]> {
  const all = await listModels(zoo);
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
