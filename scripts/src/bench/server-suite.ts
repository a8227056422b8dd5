import type { Manifest } from '@edge-csi/models';
import { dataFor } from '../data.ts';
import { modelsById, prunedModels } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';
import type { BenchOptions } from './bench-options.ts';
import { benchServer, lowerMedian, type ServerRun } from './server.ts';

/** `bench --suite server`: throughput through sockets beside that of the networks alone. */
export async function server(options: BenchOptions): Promise<{ runs: ServerRun[] }> {
  const manifests: Manifest[] = options.models
    ? await modelsById(options.models, options.zoo)
    : await prunedModels(options.zoo);
  const runs: ServerRun[] = [];
  const progress = startProgress('models', manifests.length);
  for (const manifest of manifests) {
    runs.push(
      await benchServer({
        manifest,
        zoo: options.zoo,
        data: dataFor(manifest, options),
        numUes: options.ues,
        batchSize: options.batchSize,
        rounds: options.rounds,
        secondsPerRound: options.seconds,
      }),
    );
    progress.update(runs.length);
  }
  progress.stop();
  const header = ['model', 'batch', 'UEs', 'raw reports/s', 'through sockets', 'fraction', 'BS latency p50 / p99 ms'];
  const rows = runs.map((r) => [
    r.model,
    String(r.batchSize),
    String(r.ues),
    lowerMedian(r.rawReportsPerSecond).toFixed(0),
    r.throughputPerSecond.toFixed(0),
    r.fraction.toFixed(3),
    `${r.latencyMs.p50.toFixed(1)} / ${r.latencyMs.p99.toFixed(1)}`,
  ]);
  process.stdout.write(`${renderTable(header, rows)}\n`);
  return { runs };
}
