import type { Manifest } from '@edge-csi/models';
import { dataFor } from '../../data.ts';
import { modelsById, prunedModels } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import { renderTextSections } from '../../report/text-sections.ts';
import type { BenchOptions } from '../bench-options.ts';
import { measureIngest } from './ingest.ts';
import { intraOpNumThreads } from './loaded-server.ts';
import { measureOpenLoop } from './open-loop.ts';
import { measureSaturation, type ServerBenchOptions } from './saturation.ts';
import { serverPage } from './server-report.ts';
import type { ServerRun } from './server-run.ts';

/** `bench --suite server`: throughput through sockets beside that of the networks alone, ingest, latency under load. */
export async function server(options: BenchOptions): Promise<{ runs: ServerRun[] }> {
  const { models, zoo, provider = 'cpu' } = options;
  const manifests: Manifest[] = models ? await modelsById(models, zoo) : await prunedModels(zoo);
  const runs: ServerRun[] = [];
  const progress = startProgress('models', manifests.length);
  for (const manifest of manifests) {
    runs.push(
      await benchServer({
        manifest,
        zoo,
        data: dataFor(manifest, options),
        numUes: options.ues,
        batchSize: options.batchSize,
        provider,
        rounds: options.rounds,
        secondsPerRound: options.seconds,
        seed: options.seed,
      }),
    );
    progress.update(runs.length);
  }
  progress.stop();
  process.stdout.write(`${renderTextSections(serverPage({ runs }).sections)}\n`);
  return { runs };
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
