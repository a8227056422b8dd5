import path from 'node:path';
import { measureEncodeLatency } from '@edge-csi/lab';
import { dataFor, openData, usableSample } from '@edge-csi/lab/data';
import { type LatencyBackend, latencyBackends } from '@edge-csi/lab/encoder-backend';
import { type Metric, speedMetric } from '@edge-csi/lab/metrics';
import type { Manifest } from '@edge-csi/models';
import { renderTextSections } from '@edge-csi/report';
import { eachUntilInterrupted } from '../../interruption.ts';
import { modelsById, prunedModelsOfOneShape } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { measureColdStart } from './cold-start.ts';
import type { LatencyRun } from './latency-run.ts';
import { latencyPage } from './page.ts';
import { measureStages } from './report-stages.ts';

/** `bench --suite latency`: a report's time, by model, backend and stage, in one run. */
export async function latency(
  options: BenchOptions,
): Promise<{ runs: readonly LatencyRun[]; metrics: readonly Metric[] }> {
  const { models, zoo, signal } = options;
  const manifests = models ? await modelsById(models, zoo) : await prunedModelsOfOneShape(zoo);
  const progress = startProgress('models', manifests.length);
  let done = 0;
  const runs = await eachUntilInterrupted(manifests, signal, async (manifest) => {
    const run = await measureRun(manifest, options);
    progress.update(++done);
    return run;
  }).finally(progress.stop);
  const { sections } = latencyPage({ runs }, path.basename(options.data));
  process.stdout.write(`${renderTextSections(sections)}\n`);
  return { runs, metrics: runs.flatMap(latencyMetrics) };
}

async function measureRun(manifest: Manifest, options: BenchOptions): Promise<LatencyRun> {
  const { zoo, rounds, signal } = options;
  const source = await openData(dataFor(manifest, options));
  const samples = Math.min(options.samples ?? source.numSamples, source.numSamples);
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
