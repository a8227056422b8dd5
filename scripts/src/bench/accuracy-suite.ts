import path from 'node:path';
import { isUplinkOnly } from '@edge-csi/models';
import { dataFor, openData } from '../data.ts';
import { anyModels, modelsOfOneLink } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';
import { type AccuracyRun, measureAccuracy } from './accuracy.ts';
import type { BenchOptions } from './bench-options.ts';
import { recordAccuracy } from './record.ts';
import { measureUplinkOnly, type UplinkOnlyRun } from './uplink-only-accuracy.ts';

/** `bench --suite accuracy`: every model at its own rate. */
export async function accuracy(options: BenchOptions): Promise<{ runs: AccuracyRun[]; uplinkOnly: UplinkOnlyRun[] }> {
  const runs: AccuracyRun[] = [];
  const uplinkOnly: UplinkOnlyRun[] = [];
  for (const manifest of await chosen(options)) {
    const data = dataFor(manifest, options);
    const source = await openData(data);
    const progress = startProgress(manifest.id, Math.min(options.samples ?? source.numSamples, source.numSamples));
    const measurement = { zoo: options.zoo, source, samples: options.samples, onProgress: progress.update };
    const run = isUplinkOnly(manifest)
      ? await measureUplinkOnly({ ...measurement, manifest }).finally(progress.stop)
      : await measureAccuracy({ ...measurement, manifest, encoder: options.encoder }).finally(progress.stop);
    if (options.record) await recordAccuracy(options.zoo, options.data, run);
    if ('nmseDb' in run) runs.push(run);
    else uplinkOnly.push(run);
  }
  const header = [
    ...['model', 'CR', 'NMSE dB, float, phases known', 'bits', 'codeword', 'phase', 'NMSE dB', 'unrefined'],
    ...['|H| NMSE dB', 'SGCS', 'rho', 'encode p50 us'],
  ];
  const rows = runs.map((r) => [
    r.model,
    `1/${r.reduction}`,
    r.floatMagnitudeNmseDb.toFixed(2),
    r.payloadBits.mean.toFixed(0),
    r.payloadBits.codeword.toFixed(0),
    r.payloadBits.phase.toFixed(0),
    r.nmseDb.toFixed(2),
    r.unrefinedNmseDb?.toFixed(2) ?? '-',
    r.magnitudeNmseDb.toFixed(2),
    r.sgcs.toFixed(4),
    r.rho.toFixed(4),
    (1000 * r.latencyMs.encode.p50).toFixed(0),
  ]);
  // Without phases there is no complex NMSE, and nothing that follows from it.
  for (const r of uplinkOnly) {
    const [float, magnitude] = [r.floatMagnitudeNmseDb.toFixed(2), r.magnitudeNmseDb.toFixed(2)];
    rows.push([r.model, '-', float, '0', '0', '0', '-', '-', magnitude, '-', '-', '-']);
  }
  const samples = (runs[0] ?? uplinkOnly[0])?.samples ?? 0;
  process.stdout.write(`${samples} samples of ${path.basename(options.data)}\n\n${renderTable(header, rows)}\n`);
  return { runs, uplinkOnly };
}

/** Models asked for; else those of one link, since a data file belongs to one. */
function chosen({ models, zoo }: BenchOptions) {
  return models === undefined ? modelsOfOneLink(zoo) : anyModels(models, zoo);
}
