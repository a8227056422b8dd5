import { dataFor } from '../data.ts';
import { modelsById, prunedModelsOfOneShape } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';
import type { BenchOptions } from './bench-options.ts';
import { type EncodeLatency, latencyBackends, measureEncodeLatency } from './encode-latency.ts';

/** `bench --suite latency`: a report's time at the UE, by model and backend, in one run. */
export async function latency(options: BenchOptions): Promise<{ runs: EncodeLatency[] }> {
  const { models, zoo, samples } = options;
  const manifests = models ? await modelsById(models, zoo) : await prunedModelsOfOneShape(zoo);
  const progress = startProgress('models', manifests.length);
  const runs: EncodeLatency[] = [];
  for (const manifest of manifests) {
    const data = dataFor(manifest, options);
    runs.push(await measureEncodeLatency({ manifest, zoo, data, samples }));
    progress.update(runs.length);
  }
  progress.stop();
  const us = (ms: number) => (1000 * ms).toFixed(0);
  const header = [
    'p50 / p99 in us',
    'CR',
    'M',
    ...latencyBackends,
    ...latencyBackends.slice(1).map((n) => `ort / ${n}`),
  ];
  const rows = runs.map(({ model, reduction, codewordLength, latencyMs, speedup }) => [
    model,
    `1/${reduction}`,
    String(codewordLength),
    ...latencyBackends.map((name) => `${us(latencyMs[name].p50)} / ${us(latencyMs[name].p99)}`),
    ...latencyBackends.slice(1).map((name) => `${speedup[name].toFixed(1)}x`),
  ]);
  process.stdout.write(`${renderTable(header, rows)}\n`);
  return { runs };
}
