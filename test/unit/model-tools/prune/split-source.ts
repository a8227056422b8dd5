import type { CsiSource } from '@edge-csi/csi/files';
import { readNpz } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import { dataFor, openData, sampleData } from '../../../../scripts/lab/src/data.ts';

/**
 * Samples of the shipped data set in two parts that share no environment, each spread over its own.
 *
 * @param counts - samples of either part
 */
export async function splitSamples(manifest: Manifest, counts: readonly [number, number]): Promise<CsiSource[]> {
  const source = await openData(dataFor(manifest, { data: sampleData }));
  const { data = [] } = (await readNpz(sampleData)).get('environment') ?? {};
  return counts.map((count, part) => {
    const own = Array.from({ length: source.numSamples }, (_, i) => i).filter((i) => Number(data[i]) % 2 === part);
    const chosen = Array.from({ length: count }, (_, i) => own[Math.floor((i * own.length) / count)] as number);
    return {
      ...source,
      numSamples: count,
      downlink: (index) => source.downlink(chosen[index] as number),
      uplink: (index) => source.uplink(chosen[index] as number),
    };
  });
}
