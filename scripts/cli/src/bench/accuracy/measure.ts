import path from 'node:path';
import { defaultCarriers, type ScenarioName } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type BrokenDownRun,
  distanceBins,
  measureAccuracy,
  measureBySnr,
  measureUplinkOnly,
  numSnrLevels,
  recordAccuracy,
  type UplinkOnlyRun,
} from '@edge-csi/lab';
import { dataFor, openData, simulatedSource } from '@edge-csi/lab/data';
import type { Metric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type AnyManifest, isUplinkOnly, type Manifest } from '@edge-csi/models';
import { renderTextSections } from '@edge-csi/report';
import { anyModels, modelsForCarriers, modelsOfOneLink } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { accuracyMetrics } from './metrics.ts';
import { type AccuracyResult, accuracyPage } from './page.ts';

interface MeasuredResult extends AccuracyResult {
  /** Where the channels come from, in place of a file. */
  readonly scenario?: ScenarioName;
  readonly data?: string;
  readonly metrics: readonly Metric[];
}

/** Samples to simulate unless told otherwise: as many as the sample that ships. */
const defaultSimulated = 1024;

/** `bench --suite accuracy`: every model at its own rate. */
export async function accuracy(options: BenchOptions): Promise<MeasuredResult> {
  const { scenario, samples, signal } = options;
  if (scenario !== undefined && options.record) {
    throw new UsageError('--record writes figures on a file into manifests; leave --scenario out');
  }
  const runs: BrokenDownRun[] = [];
  const uplinkOnly: UplinkOnlyRun[] = [];
  for (const manifest of await chosen(options)) {
    const source =
      scenario === undefined
        ? await openData(dataFor(manifest, options))
        : simulatedSource(scenario, samples ?? defaultSimulated, manifest.csi, options.seed);
    if (isUplinkOnly(manifest)) {
      const run = await withProgress(manifest.id, source, options, (onProgress) =>
        measureUplinkOnly({ manifest, zoo: options.zoo, source, samples, signal, onProgress }),
      );
      if (signal.aborted) break;
      if (options.record) await recordAccuracy(options.zoo, options.data, run);
      uplinkOnly.push(run);
      continue;
    }
    const run = await measureRun(manifest, source, options);
    if (run.samples > 0) runs.push(run);
    if (signal.aborted) break;
    if (options.record) await recordAccuracy(options.zoo, options.data, run);
  }
  const result: MeasuredResult = {
    ...(scenario && { scenario, data: scenario }),
    // What they have of each environment is in the metrics.
    runs: runs.map(({ environments: _, ...run }) => run),
    uplinkOnly,
    metrics: accuracyMetrics(runs, uplinkOnly),
  };
  const { lead, sections } = accuracyPage(result, scenario ?? path.basename(options.data));
  process.stdout.write(`${lead}\n\n${renderTextSections(sections)}\n`);
  return result;
}

async function measureRun(manifest: Manifest, source: CsiSource, options: BenchOptions): Promise<BrokenDownRun> {
  const { by, seed, zoo, samples, encoder, signal } = options;
  const measurement = { manifest, zoo, source, samples, encoder, seed, signal };
  const bins = by === 'distance' ? distanceBins(source, samples) : undefined;
  const run = await withProgress(manifest.id, source, options, (onProgress) =>
    measureAccuracy({ ...measurement, onProgress, ...(bins && { onSample: bins.add }) }),
  );
  if (bins !== undefined) return { ...run, breakdown: { by: 'distance', bins: bins.result(seed) } };
  if (by !== 'snr') return run;
  const bySnr = await withProgress(
    `${manifest.id}, noise`,
    source,
    options,
    (onProgress) => measureBySnr({ ...measurement, onProgress }),
    numSnrLevels,
  );
  return { ...run, breakdown: { by, bins: bySnr } };
}

function withProgress<T>(
  label: string,
  source: CsiSource,
  { samples }: BenchOptions,
  measure: (onProgress: (done: number) => void) => Promise<T>,
  times = 1,
): Promise<T> {
  const progress = startProgress(label, times * Math.min(samples ?? source.numSamples, source.numSamples));
  return measure(progress.update).finally(progress.stop);
}

/** Models asked for; else those of one link, since a data file belongs to one, or those of a scenario's carriers. */
async function chosen({ models, zoo, scenario }: BenchOptions): Promise<AnyManifest[]> {
  if (models !== undefined) return anyModels(models, zoo);
  return scenario === undefined ? modelsOfOneLink(zoo) : modelsForCarriers(defaultCarriers(scenario), zoo);
}
