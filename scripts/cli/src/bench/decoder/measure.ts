import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { kindOf, openRawDecoder, type RawDecoder, rawReportsPerSecond } from '@edge-csi/lab';
import { dataFor, sampleData } from '@edge-csi/lab/data';
import { lowerMedian, type Metric, speedMetric } from '@edge-csi/lab/metrics';
import { eachUntilInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withData } from '../../options/data.ts';
import { providerOption } from '../../options/ends.ts';
import { modelsToTime, type SkippedModel } from '../../options/fitting-models.ts';
import { withProgress } from '../../progress.ts';
import { bankedSamples, batchSizeOption, roundsOption, runSuite, secondsOption, suite } from '../suite.ts';
import { type DecoderCost, decoderPage } from './page.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'decoder', 'the pruned ones; ratios are by the first'))
    .description(
      'Reports a second of every decoder alone, all in turn: networks on ready-made tensors, path reports of --data.',
    )
    .addOption(providerOption)
    .option(...batchSizeOption)
    .option(...roundsOption)
    .option(...secondsOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench decoder
  edge-csi bench decoder --models dualnet-mag-m128,paths-indoor --rounds 7 --seconds 1
  edge-csi bench decoder --provider cuda --batch-size 64 --json decoder.json`,
    );
}

/** `bench decoder`: what each decoder costs, beside the first. */
export const addDecoder = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('decoder', options, measure, decoderPage));

/** Measures decoders in turn, round by round, so that a machine whose speed drifts treats all alike. */
async function measure(
  options: OptionsOf<typeof declare>,
  signal: AbortSignal,
): Promise<{ runs: DecoderCost[]; skipped?: readonly SkippedModel[]; metrics: Metric[] }> {
  const { zoo, batchSize, provider, rounds, seconds } = options;
  const reader = createDataReader(options);
  const { chosen, skipped } = await modelsToTime(options, reader);
  await reader.check(chosen, bankedSamples);
  const decoders: RawDecoder[] = [];
  for (const manifest of chosen) {
    const data = dataFor(manifest, options);
    decoders.push(await openRawDecoder({ manifest, zoo, batchSize, provider, refine: false, data }));
  }
  const rates = await withProgress('rounds', rounds, (onProgress) =>
    eachUntilInterrupted(
      Array.from({ length: rounds }, (_, round) => round),
      signal,
      async (round) => {
        const ofRound: number[] = [];
        for (const decoder of decoders) {
          ofRound.push(await rawReportsPerSecond(decoder, batchSize, seconds, signal));
        }
        onProgress(round + 1);
        return ofRound;
      },
    ),
  );
  for (const decoder of decoders) await decoder.close();
  const runs = chosen.map((manifest, i) => ({
    model: manifest.id,
    codewordLength: kindOf(manifest).codewordLength,
    batchSize,
    provider,
    reportsPerSecond: rates.map((ofRound) => ofRound[i] as number),
    ratio: lowerMedian(rates.map((ofRound) => (ofRound[i] as number) / (ofRound[0] as number))),
  }));
  const metrics = runs.flatMap(({ model, reportsPerSecond, ratio }, i) => [
    speedMetric(`${model} reports/s`, lowerMedian(reportsPerSecond), 'higher', 0.25),
    // Ratios within a run stand more than speeds do.
    ...(i > 0 ? [speedMetric(`${model} rate by ${runs[0]?.model}`, ratio, 'higher', 0.1)] : []),
  ]);
  const others = skipped.length > 0 ? { skipped } : {};
  return rates.length === 0 ? { runs: [], metrics: [], ...others } : { runs, metrics, ...others };
}
