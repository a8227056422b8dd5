import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import type { AnyManifest, ReportManifest } from '@edge-csi/models';
import { sha256Of } from '../data.ts';
import type { AccuracyRun } from './accuracy.ts';
import type { UplinkOnlyRun } from './uplink-only-accuracy.ts';

/** Figures of one model on one data file, as they stand in its manifest. */
export interface RecordedAccuracy {
  readonly data: string;
  readonly dataSha256: string;
  readonly samples: number;
  /** As in `AccuracyRun`: of |Re| and |Im| for a model on absolute parts. */
  readonly floatMagnitudeNmseDb?: number;
  readonly payloadBits: number;
  readonly nmseDb: number;
  readonly unrefinedNmseDb?: number;
  readonly magnitudeNmseDb: number;
  readonly sgcs: number;
  readonly rho: number;
}

/** Figures of an uplink-only model on one data file, as they stand in its manifest. */
export type RecordedUplinkOnly = Pick<
  RecordedAccuracy,
  'data' | 'dataSha256' | 'samples' | 'payloadBits' | 'magnitudeNmseDb'
> & { readonly floatMagnitudeNmseDb: number };

/**
 * Writes a measurement into the manifest of its model, in place of an earlier one on the same data. Measured figures are
 * outside the pairing hash.
 */
export async function recordAccuracy(zoo: string, dataPath: string, run: AccuracyRun | UplinkOnlyRun): Promise<void> {
  const file = path.join(zoo, run.model, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8')) as { measured?: { data?: unknown }[] };
  const data = path.basename(dataPath);
  const round = (value: number) => Number(value.toFixed(4));
  const measurement = {
    data,
    dataSha256: await sha256Of(dataPath),
    samples: run.samples,
    ...(run.floatMagnitudeNmseDb === undefined ? {} : { floatMagnitudeNmseDb: round(run.floatMagnitudeNmseDb) }),
    payloadBits: round(run.payloadBits.mean),
    ...('nmseDb' in run ? { nmseDb: round(run.nmseDb) } : {}),
    ...('unrefinedNmseDb' in run ? { unrefinedNmseDb: round(run.unrefinedNmseDb) } : {}),
    magnitudeNmseDb: round(run.magnitudeNmseDb),
    ...('sgcs' in run ? { sgcs: round(run.sgcs), rho: round(run.rho) } : {}),
  };
  const others = (manifest.measured ?? []).filter((entry) => entry.data !== data);
  await writeFile(file, `${JSON.stringify({ ...manifest, measured: [...others, measurement] }, null, 1)}\n`);
}

/**
 * Figures a manifest has for a data file, found by the file's hash.
 *
 * @throws CsiError `file-format` where it has none for these bytes, naming the data it has figures for.
 */
export async function recordedAccuracy<M extends AnyManifest>(
  manifest: M,
  dataPath: string,
): Promise<M extends ReportManifest ? RecordedAccuracy : RecordedUplinkOnly> {
  const found = await entryFor(manifest, dataPath);
  if (found !== undefined) return found as never;
  const { id, measured = [] } = manifest;
  const known = measured.map((entry) => entry.data).join(', ') || 'none';
  throw new CsiError('file-format', `${id} has no figures for ${path.basename(dataPath)}; it has them for ${known}`);
}

/** Whether a manifest has figures for a data file. */
export async function hasFiguresOn(manifest: AnyManifest, dataPath: string): Promise<boolean> {
  return (await entryFor(manifest, dataPath)) !== undefined;
}

async function entryFor({ measured = [] }: AnyManifest, dataPath: string) {
  const dataSha256 = await sha256Of(dataPath);
  return measured.find((entry) => entry.dataSha256 === dataSha256);
}
