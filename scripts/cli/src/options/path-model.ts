import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FoundShape, findCsiShape } from '@edge-csi/csi/files';
import { indoorPathTables } from '@edge-csi/csi/paths';
import type { DataFlags } from '@edge-csi/lab/data';
import { createPathManifest, isPathModel, type PathManifest, type ReportManifest } from '@edge-csi/models';
import { listReportModels } from '@edge-csi/models/disk';
import { finite, integer } from './parse.ts';

/** The link that the sample is of; of other data it matters for path lists only. */
export const usualLink = {
  ...{ numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6 },
  ...{ downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9, timing: 'absolute' as const },
};

/** Bits that a path report is held to. */
export const maxBits = integer(40, 2000);

/** What a bit of a path report is worth. */
export const bitPriceOption = [
  '--bit-price-db <dB>',
  'error that a bit of a path report must save, dB below the energy of the channel, 0: none; 30 is about 100 bits indoors',
  finite(0, 100),
] as const;

/** The knob that a price in dB stands for; without one, the model's own. */
export function bitPriceKnob(priceDb: number | undefined): number | undefined {
  return priceDb === undefined ? undefined : Math.round(10 * priceDb);
}

/** A folder of models for one run. */
export interface TemporaryZoo {
  readonly manifest: PathManifest;
  readonly zoo: string;
  remove(): Promise<void>;
}

/**
 * Describes a model of path reports for a data file: its array and band as the file has them.
 *
 * @param maxPaths - most paths of a report
 * @throws CsiError `file-format` where the file has no CSI that can be told.
 */
export async function pathManifestFor(flags: DataFlags, maxPaths?: number): Promise<PathManifest> {
  const { array } = flags;
  const csi = { ...usualLink, ...(array && { numAntennas: array[0] * array[1] }), ...(await shapeOf(flags)) };
  return pathManifestOf(csi, maxPaths, array);
}

/** Describes a model of path reports: tables for any channel, or for the indoor hall where the shape is that of the sample. */
export function pathManifestOf(csi: PathManifest['csi'], maxPaths = 32, array?: DataFlags['array']): PathManifest {
  const isUsual = !array && csi.numAntennas === usualLink.numAntennas && csi.numDelays === usualLink.numDelays;
  return createPathManifest({
    ...{ id: 'paths', csi, maxPaths },
    ...(isUsual && { tables: indoorPathTables }),
    ...(array && { array }),
  });
}

/** The shape of the CSI in a file, as a command line says to read it; undefined of a path list. @throws CsiError `file-format` */
export function shapeOf({ data, variable, layout, array }: DataFlags): Promise<FoundShape | undefined> {
  return findCsiShape(data, {
    ...(variable !== undefined && { downlinkVariable: variable }),
    ...(layout !== undefined && { layout }),
    ...(array !== undefined && { array }),
  });
}

/** Writes a model's manifest and card into a folder, made where it is not there. */
export async function writePathModel(folder: string, manifest: PathManifest): Promise<void> {
  const { renderCard } = await import('@edge-csi/model-tools/model-card');
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  await writeFile(path.join(folder, 'card.md'), renderCard(manifest));
}

/** Makes a folder with the model of `pathManifestFor`. */
export async function pathModelFor(flags: DataFlags): Promise<TemporaryZoo> {
  return temporaryZooOf(await pathManifestFor(flags));
}

/** Makes a folder with one model. */
export async function temporaryZooOf(manifest: PathManifest): Promise<TemporaryZoo> {
  const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-paths-'));
  await writePathModel(path.join(zoo, manifest.id), manifest);
  return { manifest, zoo, remove: () => rm(zoo, { recursive: true, force: true }) };
}

/** The models of path reports in a zoo for the link of another model. */
export async function pathModelsLike({ csi }: ReportManifest, zoo: string): Promise<PathManifest[]> {
  const same = (other: ReportManifest) => JSON.stringify(Object.entries(other.csi).sort()) === wanted;
  const wanted = JSON.stringify(Object.entries(csi).sort());
  return (await listReportModels(zoo)).filter((other) => isPathModel(other)).filter(same);
}
