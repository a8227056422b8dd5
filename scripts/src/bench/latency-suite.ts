import path from 'node:path';
import { dataFor } from '../data.ts';
import { modelsById, prunedModelsOfOneShape } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTextSections } from '../report/text-sections.ts';
import type { BenchOptions } from './bench-options.ts';
import { type EncodeLatency, measureEncodeLatency } from './encode-latency.ts';
import { latencyPage } from './latency-report.ts';

/** `bench --suite latency`: a report's time at the UE, by model and backend, in one run. */
export async function latency(options: BenchOptions): Promise<{ runs: EncodeLatency[] }> {
  const { models, zoo, samples } = options;
  const manifests = models ? await modelsById(models, zoo) : await prunedModelsOfOneShape(zoo);
  const progress = startProgress('models', manifests.length);
  const runs: EncodeLatency[] = [];
  for (const manifest of manifests) {
    const data = dataFor(manifest, options);
    runs.push(await measureEncodeLatency({ manifest, zoo, data, samples }));
    progress.update(runs.length);
  }
  progress.stop();
  const { sections } = latencyPage({ runs }, path.basename(options.data));
  process.stdout.write(`${renderTextSections(sections)}\n`);
  return { runs };
}
