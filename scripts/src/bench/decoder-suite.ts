import { modelsById, prunedModels } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTextSections } from '../report/text-sections.ts';
import type { BenchOptions } from './bench-options.ts';
import { type DecoderCost, measureDecoderCost } from './decoder-cost.ts';
import { decoderPage } from './decoder-report.ts';

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
  process.stdout.write(`${renderTextSections(decoderPage({ runs }).sections)}\n`);
  return { runs };
}
