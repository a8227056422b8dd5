import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AccuracyRun } from './accuracy.ts';

/**
 * Writes a measurement into the manifest of its model, in place of an earlier one on the same data. Measured figures are
 * outside the pairing hash.
 */
export async function recordAccuracy(zoo: string, dataPath: string, run: AccuracyRun): Promise<void> {
  const file = path.join(zoo, run.model, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { measured?: { data?: unknown }[] };
  const data = path.basename(dataPath);
  const round = (value: number) => Number(value.toFixed(4));
  const measurement = {
    data,
    dataSha256: createHash('sha256')
      .update(await readFile(dataPath))
      .digest('hex'),
    samples: run.samples,
    floatMagnitudeNmseDb: round(run.floatMagnitudeNmseDb),
    payloadBits: round(run.payloadBits.mean),
    nmseDb: round(run.nmseDb),
    ...(run.unrefinedNmseDb === undefined ? {} : { unrefinedNmseDb: round(run.unrefinedNmseDb) }),
    magnitudeNmseDb: round(run.magnitudeNmseDb),
    sgcs: round(run.sgcs),
    rho: round(run.rho),
  };
  const others = (manifest.measured ?? []).filter((entry) => entry.data !== data);
  await writeFile(file, `${JSON.stringify({ ...manifest, measured: [...others, measurement] }, null, 1)}\n`);
}
