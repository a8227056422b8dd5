import type { LinkSample } from '@edge-csi/lab/link/transceiver';
import type { AnyManifest } from '@edge-csi/models';
import { LayerStatistician, type LayerStatistics } from './layer-statistics.ts';
import { type LayerValues, openModelTrace } from './model-trace.ts';

export interface StatisticsOptions {
  readonly manifest: AnyManifest;
  readonly zoo: string;
  readonly samples: readonly LinkSample[];
  readonly onProgress: (done: number, total: number) => void;
}

/** Statistics of every layer of a model's encoder and decoder over samples. */
export async function measureStatistics(options: StatisticsOptions): Promise<LayerStatistics[]> {
  const { samples, onProgress } = options;
  const trace = await openModelTrace(options.manifest, options.zoo);
  try {
    const layers: LayerStatistician[] = [];
    const visit = async (offset: number, take: (layer: LayerStatistician, values: LayerValues) => void) => {
      for (const [i, sample] of samples.entries()) {
        for (const [at, values] of (await trace.run(sample)).layers.entries()) {
          layers[at] ??= new LayerStatistician(values);
          take(layers[at], values);
        }
        onProgress(offset + i + 1, 2 * samples.length);
      }
    };
    await visit(0, (layer, values) => layer.add(values));
    await visit(samples.length, (layer, values) => layer.addAgain(values));
    return layers.map((layer) => layer.result());
  } finally {
    await trace.close();
  }
}
