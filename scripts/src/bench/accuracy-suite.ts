import path from 'node:path';
import { isUplinkOnly } from '@edge-csi/models';
import { dataFor, openData } from '../data.ts';
import { anyModels, modelsOfOneLink } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTextSections } from '../report/text-sections.ts';
import { type AccuracyRun, measureAccuracy } from './accuracy.ts';
import { type AccuracyResult, accuracyPage } from './accuracy-report.ts';
import type { BenchOptions } from './bench-options.ts';
import { recordAccuracy } from './record.ts';
import { measureUplinkOnly, type UplinkOnlyRun } from './uplink-only-accuracy.ts';

/** `bench --suite accuracy`: every model at its own rate. */
export async function accuracy(options: BenchOptions): Promise<AccuracyResult> {
  const runs: AccuracyRun[] = [];
  const uplinkOnly: UplinkOnlyRun[] = [];
  for (const manifest of await chosen(options)) {
    const data = dataFor(manifest, options);
    const source = await openData(data);
    const progress = startProgress(manifest.id, Math.min(options.samples ?? source.numSamples, source.numSamples));
    const measurement = { zoo: options.zoo, source, samples: options.samples, onProgress: progress.update };
    const run = isUplinkOnly(manifest)
      ? await measureUplinkOnly({ ...measurement, manifest }).finally(progress.stop)
      : await measureAccuracy({ ...measurement, manifest, encoder: options.encoder }).finally(progress.stop);
    if (options.record) await recordAccuracy(options.zoo, options.data, run);
    if ('nmseDb' in run) runs.push(run);
    else uplinkOnly.push(run);
  }
  const { lead, sections } = accuracyPage({ runs, uplinkOnly }, path.basename(options.data));
  process.stdout.write(`${lead}\n\n${renderTextSections(sections)}\n`);
  return { runs, uplinkOnly };
}

/** Models asked for; else those of one link, since a data file belongs to one. */
function chosen({ models, zoo }: BenchOptions) {
  return models === undefined ? modelsOfOneLink(zoo) : anyModels(models, zoo);
}
