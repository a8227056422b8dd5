import { lowerMedian, type Metric, speedMetric } from '@edge-csi/lab/metrics';
import { renderTextSections } from '@edge-csi/report';
import { modelsById, prunedModels } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type DecoderCost, measureDecoderCost } from './decoder-cost.ts';
import { decoderPage } from './page.ts';

/** `bench --suite decoder`: what each decoder costs, beside the first. */
export async function decoder({
  models,
  zoo,
  batchSize,
  provider = 'cpu',
  rounds,
  seconds,
  signal,
}: BenchOptions): Promise<{ runs: DecoderCost[]; metrics: Metric[] }> {
  const manifests = models ? await modelsById(models, zoo) : await prunedModels(zoo);
  const progress = startProgress('rounds', rounds);
  const measurement = {
    manifests,
    zoo,
    batchSize,
    provider,
    rounds,
    secondsPerRound: seconds,
    signal,
    onProgress: progress.update,
  };
  const runs = await measureDecoderCost(measurement).finally(progress.stop);
  process.stdout.write(`${renderTextSections(decoderPage({ runs }).sections)}\n`);
  const metrics = runs.flatMap(({ model, reportsPerSecond, ratio }, i) => [
    speedMetric(`${model} reports/s`, lowerMedian(reportsPerSecond), 'higher', 0.25),
    // Ratios within a run stand more than speeds do.
    ...(i > 0 ? [speedMetric(`${model} rate by ${runs[0]?.model}`, ratio, 'higher', 0.1)] : []),
  ]);
  return { runs, metrics };
}
