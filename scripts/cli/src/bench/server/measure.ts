import { dataFor } from '@edge-csi/lab/data';
import { lowerMedian, type Metric, speedMetric } from '@edge-csi/lab/metrics';
import type { Manifest } from '@edge-csi/models';
import { renderTextSections } from '@edge-csi/report';
import { eachUntilInterrupted } from '../../interruption.ts';
import { modelsById, prunedModels } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { measureIngest } from './ingest.ts';
import { intraOpNumThreads } from './loaded-server.ts';
import { measureOpenLoop } from './open-loop.ts';
import { serverPage } from './page.ts';
import { measureSaturation, type ServerBenchOptions } from './saturation.ts';
import type { ServerRun } from './server-run.ts';

/** `bench --suite server`: throughput through sockets beside that of the networks alone, ingest, latency under load. */
export async function server(options: BenchOptions): Promise<{ runs: ServerRun[]; metrics: Metric[] }> {
  const { models, zoo, provider = 'cpu', signal } = options;
  const manifests: Manifest[] = models ? await modelsById(models, zoo) : await prunedModels(zoo);
  const progress = startProgress('models', manifests.length);
  let done = 0;
  const runs = await eachUntilInterrupted(manifests, signal, async (manifest) => {
    const run = await benchServer({
      manifest,
      zoo,
      data: dataFor(manifest, options),
      numUes: options.ues,
      batchSize: options.batchSize,
      provider,
      rounds: options.rounds,
      secondsPerRound: options.seconds,
      seed: options.seed,
      signal,
    });
    progress.update(++done);
    return run;
  }).finally(progress.stop);
  process.stdout.write(`${renderTextSections(serverPage({ runs }).sections)}\n`);
  return { runs, metrics: runs.flatMap(serverMetrics) };
}

/** What a later run is held to. */
function serverMetrics({ model, throughputPerSecond, fraction, openLoop, ingest }: ServerRun): Metric[] {
  return [
    speedMetric(`${model} reports/s through sockets`, throughputPerSecond, 'higher', 0.25),
    { name: `${model} fraction of the decoder`, value: fraction, better: 'higher', tolerance: 0.08 },
    speedMetric(`${model} p50 ms of a report alone`, openLoop.aloneMs.p50, 'lower', 0.4),
    speedMetric(`${model} p50 at half load over alone`, openLoop.halfLoadRatio, 'lower', 0.4),
    ...ingest.map(({ uplinksAndSubscriber, reportsPerSecond }) => {
      const traffic = uplinksAndSubscriber ? 'with uplinks and a subscriber' : 'reports alone';
      return speedMetric(`${model} ingest reports/s, ${traffic}`, lowerMedian(reportsPerSecond), 'higher', 0.25);
    }),
  ];
}

async function benchServer(options: ServerBenchOptions): Promise<ServerRun> {
  const { manifest, numUes, batchSize } = options;
  const saturation = await measureSaturation(options);
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    pruned: manifest.pruned,
    ues: numUes,
    batchSize,
    intraOpNumThreads,
    decodeWorkers: 1,
    ...saturation,
    openLoop: await measureOpenLoop(options, saturation.throughputPerSecond),
    ingest: await measureIngest(options),
  };
}
