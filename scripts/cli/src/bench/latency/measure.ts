import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { measureEncodeLatency } from '@edge-csi/lab';
import { dataFor, openData, sampleCount, sampleData, usableSample } from '@edge-csi/lab/data';
import { type LatencyBackend, latencyBackends } from '@edge-csi/lab/encoder-backend';
import { type Metric, speedMetric } from '@edge-csi/lab/metrics';
import type { Manifest } from '@edge-csi/models';
import type { OptionsOf } from '../../options/command.ts';
import { withData } from '../../options/data.ts';
import { modelsById, prunedModelsOfOneShape } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { eachModel, roundsOption, runSuite, suite } from '../suite.ts';
import { measureColdStart } from './cold-start.ts';
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
  edge-csi bench latency --models dualnet-mag-m43,dualnet-mag-m128
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
): Promise<{ runs: readonly LatencyRun[]; metrics: readonly Metric[] }> {
  const manifests = await modelsById(options.models, options.zoo, prunedModelsOfOneShape);
  const runs = await eachModel(manifests, signal, (manifest) => measureRun(manifest, options, signal));
  return { runs, metrics: runs.flatMap(latencyMetrics) };
}

async function measureRun(manifest: Manifest, options: Options, signal: AbortSignal): Promise<LatencyRun> {
  const { zoo, rounds } = options;
  const source = await openData(dataFor(manifest, options));
  const samples = sampleCount(source, options.samples);
  const measurement = { manifest, zoo, source, samples, signal };
  const warm = await measureEncodeLatency(measurement);
  const stages = await measureStages(measurement);
  const csi = usableSample(source, 'downlink', 0);
  const cold = (backend: LatencyBackend) =>
    measureColdStart({ modelDirectory: path.resolve(zoo, manifest.id), backend, csi, rounds, signal });
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    samples,
    ...warm,
    ...stages,
    // One after another: two processes that start share the cores.
    coldStart: { ort: await cold('ort'), micro: await cold('micro'), 'micro-float32': await cold('micro-float32') },
  };
}

/** What a later run is held to. */
function latencyMetrics({ model, latencyMs, speedup, endToEnd, coldStart }: LatencyRun): Metric[] {
  return [
    ...latencyBackends.flatMap((name) => [
      speedMetric(`${model} report p50 ms, ${name}`, latencyMs[name].p50, 'lower', 0.3),
      speedMetric(`${model} cold start ms, ${name}`, coldStart[name].totalMs, 'lower', 0.4),
      // Backends take turns, so that their ratio is steadier than either.
      ...(name === 'ort' ? [] : [speedMetric(`${model} ort over ${name}`, speedup[name], 'higher', 0.15)]),
    ]),
    speedMetric(`${model} CSI to estimate p50 ms`, endToEnd.p50, 'lower', 0.3),
  ];
}
