import type { AngularDelayCsi } from '@edge-csi/csi';
import type { Manifest } from '@edge-csi/models';
import { dataFor, openData, sampleData } from '../../../scripts/lab/src/data.ts';
import { fromInt16Csi, toInt16Csi } from '../../../scripts/model-tools/src/embed/golden-header.ts';

/**
 * Samples of the shipped data set, spread over it, rounded to what int16 holds, so that every backend gets the same values
 * whatever type it takes.
 */
export async function sampleCsi(manifest: Manifest, count: number): Promise<AngularDelayCsi[]> {
  const source = await openData(dataFor(manifest, { data: sampleData }));
  return Array.from({ length: count }, (_, i) => {
    const csi = source.downlink(Math.floor((i * source.numSamples) / count));
    return fromInt16Csi(toInt16Csi(csi), csi);
  });
}
