import { modelsById, prunedModels } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';
import type { BenchOptions } from './bench-options.ts';
import { type DecoderCost, measureDecoderCost } from './decoder-cost.ts';
import { lowerMedian } from './lower-median.ts';

/** `bench --suite decoder`: what each decoder costs, beside the first. */
export async function decoder({
  models,
  zoo,
  batchSize,
  provider = 'cpu',
  rounds,
  seconds,
}: BenchOptions): Promise<{ runs: DecoderCost[] }> {
  const manifests = models ? await modelsById(models, zoo) : await prunedModels(zoo);
  const progress = startProgress('rounds', rounds);
  const measurement = {
    manifests,
    zoo,
    batchSize,
    provider,
    rounds,
    secondsPerRound: seconds,
    onProgress: progress.update,
  };
  const runs = await measureDecoderCost(measurement).finally(progress.stop);
  const header = [
    'model',
    'batch',
    provider === 'cpu' ? 'reports/s on one core' : `reports/s on ${provider}`,
    `by ${manifests[0]?.id ?? 'the first'}`,
  ];
  const rows = runs.map((r) => [
    r.model,
    String(r.batchSize),
    lowerMedian(r.reportsPerSecond).toFixed(0),
    `${r.ratio.toFixed(2)}x`,
  ]);
  process.stdout.write(`${renderTable(header, rows)}\n`);
  return { runs };
}
