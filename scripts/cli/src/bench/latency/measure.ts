import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { kindOf, measureEncodeLatency } from '@edge-csi/lab';
import { sampleCount, sampleData, usableSample } from '@edge-csi/lab/data';
import { backendsOf, type LatencyBackend } from '@edge-csi/lab/encoder-backend';
import { type Metric, speedMetric } from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, type DataReader, withData } from '../../options/data.ts';
import { modelsOfOneCurve, type SkippedModel } from '../../options/fitting-models.ts';
import { reportModelsById } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { eachModel, roundsOption, runSuite, suite } from '../suite.ts';
import { type ColdStart, measureColdStart } from './cold-start.ts';
import { type LatencyRun, latencyPage } from './page.ts';
import { measureStages } from './stages.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'latency', 'the pruned ones of one shape'))
    .description("A report's time by model, backend and stage, warm and cold, in one run.")
    .option('--samples <n>', 'samples, the first of the data; default all', integer(1, 1e7))
    .option(...roundsOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench latency --models dualnet-mag-m43,dualnet-mag-m128,paths-indoor
  edge-csi bench latency --models dualnet-mag-m43 --samples 200 --rounds 1 --json latency.json`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench latency`: a report's time, by model, backend and stage, in one run. */
export const addLatency = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('latency', options, measure, latencyPage));

async function measure(
  options: Options,
  signal: AbortSignal,
): Promise<{ runs: readonly LatencyRun[]; skipped?: readonly SkippedModel[]; metrics: readonly Metric[] }> {
  const reader = createDataReader(options);
  const { models, zoo } = options;
  const { chosen, skipped } =
    models === undefined
      ? await modelsOfOneCurve(options, reader)
      : { chosen: await reportModelsById(models, zoo), skipped: [] };
  await reader.check(chosen, options.samples);
  const runs = await eachModel(chosen, signal, (manifest) => measureRun(manifest, options, reader, signal));
  return { runs, ...(skipped.length > 0 && { skipped }), metrics: runs.flatMap(latencyMetrics) };
}

async function measureRun(
  manifest: ReportManifest,
  options: Options,
  reader: DataReader,
  signal: AbortSignal,
): Promise<LatencyRun> {
  const { zoo, rounds } = options;
  const source = await reader.open(manifest);
  const samples = sampleCount(source, options.samples);
  const measurement = { manifest, zoo, source, samples, signal };
  const warm = await measureEncodeLatency(measurement);
  const stages = await measureStages(measurement);
  const csi = usableSample(source, 'downlink', 0);
  const cold = (backend: LatencyBackend) =>
    measureColdStart({ modelDirectory: path.resolve(zoo, manifest.id), backend, csi, rounds, signal });
  const coldStart: Partial<Record<LatencyBackend, ColdStart>> = {};
  // One after another: two processes that start share the cores.
  for (const backend of backendsOf(manifest)) coldStart[backend] = await cold(backend);
  return {
    model: manifest.id,
    ...kindOf(manifest),
    samples,
    ...warm,
    ...stages,
    coldStart,
  };
}

/** What a later run is held to. */
function latencyMetrics({ model, latencyMs, speedup, endToEnd, coldStart }: LatencyRun): Metric[] {
  return [
    ...Object.entries(latencyMs).map(([name, { p50 }]) =>
      speedMetric(`${model} report p50 ms, ${name}`, p50, 'lower', 0.3),
    ),
    ...Object.entries(coldStart).map(([name, { totalMs }]) =>
      speedMetric(`${model} cold start ms, ${name}`, totalMs, 'lower', 0.4),
    ),
    // Backends take turns, so that their ratio is steadier than either.
    ...Object.entries(speedup)
      .filter(([name]) => name !== 'ort')
      .map(([name, ratio]) => speedMetric(`${model} ort over ${name}`, ratio, 'higher', 0.15)),
    speedMetric(`${model} CSI to estimate p50 ms`, endToEnd.p50, 'lower', 0.3),
  ];
}
