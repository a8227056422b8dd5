/**
 * Models in folders, for Node, and where the zoo of trained ones is.
 *
 * @module @edge-csi/models/disk
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import { loadBundle, type ModelBundle, type ModelFile, type ReportBundle, requireNetworks } from './bundle.ts';
import { type ComplexManifest, isComplexModel } from './complex-manifest.ts';
import { type Manifest, type ManifestRecord, parseManifest } from './manifest.ts';
import { requireRunnable } from './onnx-edges.ts';
import { isPathModel } from './path-manifest.ts';
import { networkNamesOf, parseReportManifest, type ReportManifest } from './report-manifest.ts';
import { complexDraftSchema, draftSchema, parseWith } from './schema.ts';
import {
  type AnyManifest,
  isUplinkOnly,
  loadUplinkOnlyBundle,
  parseUplinkOnlyManifest,
  type UplinkOnlyBundle,
  type UplinkOnlyManifest,
} from './uplink-only.ts';

/**
 * The folder of trained models, `@edge-csi/zoo`, with a separator at its end.
 *
 * @throws CsiError `model-unknown` where that package is not installed.
 */
export function zooDirectory(): string {
  try {
    const manifest = createRequire(import.meta.url).resolve('@edge-csi/zoo/package.json');
    return path.join(path.dirname(manifest), path.sep);
  } catch (cause) {
    throw new CsiError(
      'model-unknown',
      'the zoo of trained models is not installed: npm install @edge-csi/zoo, or name a folder of models of your own',
      { cause },
    );
  }
}

/** Reads and validates `<directory>/manifest.json` of a model of networks. */
export async function readManifest(directory: string): Promise<Manifest> {
  return parseManifest(await readJson(directory));
}

/** Reads and validates `<directory>/manifest.json` of a model that codes reports, of either kind. */
export async function readReportManifest(directory: string): Promise<ReportManifest> {
  return parseReportManifest(await readJson(directory));
}

/**
 * Loads a model of networks from a folder that holds manifest.json and the files it names.
 *
 * @throws CsiError `model-invalid` where it is broken, or of path reports.
 */
export async function loadModel(directory: string, wanted: readonly ModelFile[]): Promise<ModelBundle> {
  return requireNetworks(await loadReportModel(directory, wanted));
}

/** Loads a model that codes reports, of either kind, from its folder. */
export async function loadReportModel(directory: string, wanted: readonly ModelFile[]): Promise<ReportBundle> {
  const manifest = await readReportManifest(directory);
  const bundle = await loadBundle(manifest, async (name) => readFile(path.join(directory, name)), wanted);
  for (const [name, onnx] of bundle.files) {
    if (name === 'allocation' || isPathModel(manifest)) continue;
    const file = `${manifest.id}/${manifest.files[name]?.path}`;
    requireRunnable(onnx, file, { batches: name !== 'encoder', names: networkNamesOf(manifest, name) });
  }
  return bundle;
}

/** Loads an uplink-only model from its folder. */
export async function loadUplinkOnlyModel(directory: string): Promise<UplinkOnlyBundle> {
  const manifest = parseUplinkOnlyManifest(await readJson(directory));
  return loadUplinkOnlyBundle(manifest, async (name) => readFile(path.join(directory, name)));
}

/** One folder of a zoo. */
export interface ZooEntry {
  /** Name of the folder, not its path. */
  readonly folder: string;
  readonly manifest: AnyManifest;
}

/**
 * Every folder of a zoo with its manifest, models of either kind, by id. Drafts are no models yet, and are left aside.
 *
 * @throws CsiError `model-unknown` where the zoo cannot be read, `model-invalid` where a manifest is broken.
 */
export async function readZoo(zoo: string = zooDirectory()): Promise<ZooEntry[]> {
  const entries = await readdir(zoo, { withFileTypes: true }).catch((cause: Error) => {
    throw new CsiError('model-unknown', `${zoo} is no folder of models: ${cause.message}`, { cause });
  });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const read = folders.map(async (folder): Promise<ZooEntry[]> => {
    const json = await readAnyJson(path.join(zoo, folder));
    if (isDraft(json)) return [];
    return [{ folder, manifest: isUplinkOnly(json) ? parseUplinkOnlyManifest(json) : parseReportManifest(json) }];
  });
  return (await Promise.all(read))
    .flat()
    .sort((a, b) => a.manifest.id.localeCompare(b.manifest.id, 'en', { numeric: true }));
}

/**
 * Manifests of every model in a zoo folder whose networks work on magnitudes or absolute parts: magnitudes before absolute parts, spherical
 * before minmax, few antennas before many, then by id. Whoever asks for a model without naming it takes the first that fits.
 *
 * @throws CsiError as `readZoo`.
 */
export async function listModels(zoo: string = zooDirectory()): Promise<Manifest[]> {
  const all = await readZoo(zoo);
  const manifests = all.flatMap(({ manifest }) =>
    isUplinkOnly(manifest) || isPathModel(manifest) || isComplexModel(manifest) ? [] : [manifest],
  );
  // The sort is stable: ties stay in order of id.
  return manifests.sort(
    (a, b) =>
      Number(a.planes === 'absolute-parts') - Number(b.planes === 'absolute-parts') ||
      Number(a.normalization.kind === 'minmax') - Number(b.normalization.kind === 'minmax') ||
      a.csi.numAntennas - b.csi.numAntennas,
  );
}

/**
 * Manifests of every model in a zoo folder that codes reports: those of networks as `listModels` has them, then those of
 * complex CSI by id, then those of paths by id.
 *
 * @throws CsiError as `readZoo`.
 */
export async function listReportModels(zoo: string = zooDirectory()): Promise<ReportManifest[]> {
  const all = (await readZoo(zoo)).map(({ manifest }) => manifest);
  const complex = all.filter((manifest) => isComplexModel(manifest));
  const paths = all.filter((manifest) => isPathModel(manifest));
  return [...(await listModels(zoo)), ...complex, ...paths];
}

/**
 * Manifests of every uplink-only model in a zoo folder, by id.
 *
 * @throws CsiError as `readZoo`.
 */
export async function listUplinkOnlyModels(zoo: string = zooDirectory()): Promise<UplinkOnlyManifest[]> {
  return (await readZoo(zoo)).flatMap(({ manifest }) => (isUplinkOnly(manifest) ? [manifest] : []));
}

/** Folders of a zoo that hold a draft, which `edge-csi models complete` makes a model of. @throws CsiError as `readZoo` */
export async function listDrafts(zoo: string = zooDirectory()): Promise<string[]> {
  const entries = await readdir(zoo, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(zoo, name));
  const read = await Promise.all(folders.map(async (folder) => (isDraft(await readAnyJson(folder)) ? [folder] : [])));
  return read.flat();
}

function isDraft(json: unknown): boolean {
  return (json as { readonly schema?: unknown } | null)?.schema === 'edge-csi/draft@1';
}

/** @throws CsiError `model-invalid` where a manifest cannot be read, or is a draft. */
async function readJson(directory: string): Promise<unknown> {
  const json = await readAnyJson(directory);
  if (!isDraft(json)) return json;
  const how = `edge-csi models complete ${directory} --calibration FILE`;
  throw new CsiError('model-invalid', `${directory} holds a draft, no model yet; complete it with: ${how}`);
}

async function readAnyJson(directory: string): Promise<unknown> {
  const file = path.join(directory, 'manifest.json');
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CsiError('model-invalid', `${file}: not a readable JSON manifest`, { cause });
  }
}

/** What an author knows of a model before quantiser and phase allocation are fitted to it. */
export interface DraftManifest extends Pick<Manifest, 'id' | 'family' | 'csi' | 'normalization' | 'planes'> {
  readonly schema: 'edge-csi/draft@1';
  readonly codeword: {
    /** Of all components together, before any truncation. */
    readonly totalBits: number;
  };
  /** Mean bits of a whole report: codeword, norm and phases or signs. */
  readonly reportBits: number;
  /** Files beside the draft, with inputs and outputs as a manifest's. */
  readonly files: { readonly encoder: string; readonly decoder: string; readonly refiner?: string | undefined };
  readonly training: ManifestRecord;
}

/** What an author knows of a model of complex CSI before a quantiser is fitted to it. */
export interface ComplexDraft
  extends Pick<DraftManifest, 'schema' | 'codeword' | 'training'>,
    Pick<ComplexManifest, 'id' | 'family' | 'csi' | 'normalization'> {
  readonly planes: 'complex';
  /** Files beside the draft; their inputs and outputs may have any names. */
  readonly files: { readonly encoder: string; readonly decoder: string };
}

/** Validates a parsed draft. @throws CsiError `model-invalid`, naming the first field that does not fit. */
export function parseDraft(json: unknown): DraftManifest | ComplexDraft {
  const isComplex = (json as { readonly planes?: unknown } | null)?.planes === 'complex';
  return isComplex ? parseWith(complexDraftSchema(), json) : parseWith(draftSchema(), json);
}
