import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { type BsCodec, type CodecSpec, CsiError, type CsiShape, sameShape } from '@edge-csi/csi';
import {
  isUplinkOnly,
  loadBundle,
  type ReadModelFile,
  type ReportManifest,
  toHex,
  type UplinkOnlyBundle,
  versionName,
} from '@edge-csi/models';
import { loadReportModel, loadUplinkOnlyModel, readZoo, type ZooEntry } from '@edge-csi/models/disk';
import { type ModelRef, maxFrameBytes, WireError } from '@edge-csi/proto';
import { bsCodecOf, workerModelOf } from '../decode/loaded-model.ts';
import type { WorkerModel } from '../decode/thread-port.ts';

/** A version of a model the server decodes. Of its files it holds what is needed of every UE: the others are read when they are used. */
export interface ServedModel {
  /** Id and start of the pairing hash, as `dualnet-mag-m43@` and 12 hex digits: its name among those served. */
  readonly version: string;
  /** Name of the folder it was read from. */
  readonly folder: string;
  readonly manifest: ReportManifest;
  /** Id and pairing hash, as on the wire. */
  readonly ref: ModelRef;
  /** Pairing hash in hex. */
  readonly sha256: string;
  /** Path of the manifest on the HTTP port; no other version's. */
  readonly url: string;
  readonly shape: CsiShape;
  readonly codec: BsCodec;
  /** What the codec is made of. */
  readonly spec: CodecSpec;
  /** Reads a file of its folder, unchecked. */
  readonly read: ReadModelFile;
}

/** Names of model folders that may be asked for: one path segment, so that nothing outside the directory is reached. */
const folderName = /^[A-Za-z0-9][\w.@-]{0,127}$/;

/**
 * Loads the models to serve at start, with every file's hash checked.
 *
 * @param directory - one folder per model
 * @param folders - folders to serve, the preferred one first; where absent, every folder named by the id of its model
 * @throws CsiError `model-unknown`, or `model-invalid` where a model is broken, too large for the wire, there twice, or
 * not in a folder of its id although asked for by it.
 */
export async function loadCatalog(directory: string, folders: readonly string[] | undefined): Promise<ServedModel[]> {
  const zoo = (await readZoo(directory)).filter(({ manifest }) => !isUplinkOnly(manifest));
  const ids = [...new Set(zoo.map(({ manifest }) => manifest.id))];
  const wanted = [...new Set(folders ?? ids)];
  if (wanted.length === 0) throw new CsiError('model-unknown', `${directory} holds no model`);
  for (const name of wanted) {
    if (zoo.some(({ folder }) => folder === name)) continue;
    if (!ids.includes(name)) throw unknownFolder(name, directory, ids);
    assertFolderNamed(directory, zoo, name);
  }
  const served: ServedModel[] = [];
  // One after the other: the files of all together would be in memory at once.
  for (const folder of wanted) served.push(await loadServedModel(directory, folder));
  for (const [i, model] of served.entries()) {
    const same = served.slice(0, i).find(({ version }) => version === model.version);
    if (same === undefined) continue;
    const both = `${same.folder} and ${model.folder}`;
    throw new CsiError('model-invalid', `folders ${both} of ${directory} hold the same version, ${model.version}`);
  }
  return served;
}

/**
 * Loads one model folder, with every file's hash checked.
 *
 * @throws RangeError where the name is not that of a folder.
 * @throws CsiError `model-unknown` where the folder is not there, `model-invalid` where its model is broken or too large
 * for the wire.
 */
export async function loadServedModel(directory: string, folder: string): Promise<ServedModel> {
  if (!folderName.test(folder)) {
    throw new RangeError(`folder is '${folder}', must be the name of a folder in the models directory, not a path`);
  }
  const entries = await readdir(directory, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  if (!folders.includes(folder)) throw unknownFolder(folder, directory, folders);
  const read: ReadModelFile = (name) => readFile(path.join(directory, folder, name));
  const bundle = await loadReportModel(path.join(directory, folder), ['encoder', 'decoder', 'refiner']);
  const { manifest, sha256 } = bundle;
  const codec = bsCodecOf(bundle);
  assertFramesFit(manifest.id, codec);
  const { numAntennas, numDelays } = manifest.csi;
  const { id } = manifest;
  const hex = toHex(sha256);
  return {
    version: versionName(id, sha256),
    folder,
    manifest,
    ref: { id, sha256 },
    sha256: hex,
    url: `/models/${id}/${hex.slice(0, 12)}/manifest.json`,
    shape: { numAntennas, numDelays },
    codec,
    spec: bundle.codec,
    read,
  };
}

/**
 * Reads what a decode worker needs of a model.
 *
 * @throws CsiError `model-invalid` where a file is not what it was when the model was loaded.
 */
export async function readDecoder({ manifest, read }: ServedModel): Promise<WorkerModel> {
  return workerModelOf(await loadBundle(manifest, read, ['decoder', 'refiner']));
}

/**
 * Loads the model that decodes uplinks alone, with its file's hash checked.
 *
 * @param directory - one folder per model, named by its id
 * @param wanted - id of the model; undefined: the first by id that was made for the shape, bands and timing of a served
 * model, if there is one; false: none
 * @throws CsiError `model-unknown` where a wanted model is not there or takes CSI of another shape than those served,
 * `model-invalid` where it is broken or its folder has another name.
 */
export async function loadUplinkOnly(
  directory: string,
  wanted: string | false | undefined,
  served: readonly ServedModel[],
): Promise<UplinkOnlyBundle | undefined> {
  if (wanted === false) return undefined;
  const zoo = await readZoo(directory);
  const known = zoo.flatMap(({ manifest }) => (isUplinkOnly(manifest) ? [manifest] : []));
  const found = known.find((manifest) =>
    // What a network has learnt of one pair of bands and one timing does not hold for another.
    wanted === undefined ? served.some((model) => sameLink(manifest, model.manifest)) : manifest.id === wanted,
  );
  if (found === undefined) {
    if (wanted === undefined) return undefined;
    const ids = known.map(({ id }) => id).join(', ') || 'none';
    throw new CsiError('model-unknown', `uplink-only model ${wanted} is not in ${directory}, which holds ${ids}`);
  }
  const { id, csi } = found;
  if (!served.some(({ shape }) => sameShape(shape, csi))) {
    throw new CsiError(
      'model-unknown',
      `uplink-only model ${id} takes ${csi.numAntennas} x ${csi.numDelays}, which no served model does`,
    );
  }
  assertFolderNamed(directory, zoo, id);
  return loadUplinkOnlyModel(path.join(directory, id));
}

function unknownFolder(name: string, directory: string, known: readonly string[]): CsiError {
  return new CsiError('model-unknown', `model ${name} is not in ${directory}, which holds ${known.join(', ')}`);
}

/** @throws CsiError `model-invalid` naming the folder and the id where a model is not in the folder of its id. */
function assertFolderNamed(directory: string, zoo: readonly ZooEntry[], id: string): void {
  const holding = zoo.filter(({ manifest }) => manifest.id === id);
  if (holding.some(({ folder }) => folder === id)) return;
  const folder = path.join(directory, holding[0]?.folder ?? id);
  throw new CsiError('model-invalid', `folder ${folder} holds model ${id}: a model's folder must be named by its id`);
}

/** True where two models are for the same antennas, bands and timing: a UE that can use one can use the other. */
export function sameLink(a: Pick<ReportManifest, 'csi'>, b: Pick<ReportManifest, 'csi'>): boolean {
  const fields = Object.keys(a.csi) as (keyof ReportManifest['csi'])[];
  return fields.every((field) => a.csi[field] === b.csi[field]);
}

/** The model of a version name, or the preferred one of an id. */
export function findModel(served: readonly ServedModel[], name: string): ServedModel | undefined {
  return served.find(({ version, ref }) => version === name || ref.id === name);
}

/**
 * The model a UE is told to use: the server's favourite among those that the UE holds in the same version; the
 * server's favourite at all where the UE holds none yet and will fetch it.
 *
 * @param served - the preferred one first
 * @param held - what the UE named in Hello
 * @throws WireError `model-mismatch`, naming both hashes and where to fetch the right one, or `model-unknown`, naming
 * what is served.
 */
export function pairModel(served: readonly ServedModel[], held: readonly ModelRef[]): ServedModel {
  const favourite = served[0] as ServedModel;
  if (held.length === 0) return favourite;
  const paired = served.find((model) =>
    held.some(({ id, sha256 }) => id === model.ref.id && toHex(sha256) === model.sha256),
  );
  if (paired !== undefined) return paired;
  const other = served.find((model) => held.some(({ id }) => id === model.ref.id));
  if (other !== undefined) {
    const mine = held.find(({ id }) => id === other.ref.id) as ModelRef;
    throw new WireError(
      'model-mismatch',
      `model ${other.ref.id} has sha256 ${other.sha256} here, the UE holds ${toHex(mine.sha256)}; fetch ${other.url}`,
    );
  }
  throw new WireError(
    'model-unknown',
    `none of the UE's models is served here; served are ${[...new Set(served.map(({ ref }) => ref.id))].join(', ')}`,
  );
}

/** Room in a frame for all that is not CSI or payload: ids, numbers, field tags. */
const overheadBytes = 512;

/**
 * Checks that every message about a model fits the largest frame of its path: reports, uplinks and estimates as float32.
 *
 * @throws CsiError `model-invalid` naming what does not fit.
 */
export function assertFramesFit(id: string, { shape, maxPayloadBytes, paths }: BsCodec): void {
  const { numAntennas, numDelays } = shape;
  const matrixBytes = 2 * 4 * numAntennas * numDelays;
  // Five numbers a path, and the response of the array.
  const pathBytes = paths === undefined ? 0 : 4 * 5 * paths.most + 8 * numAntennas;
  const frames = [
    ['a report', maxPayloadBytes, maxFrameBytes.ue],
    ['an uplink', matrixBytes, maxFrameBytes.phy],
    ['an estimate', matrixBytes + pathBytes, maxFrameBytes.estimates],
  ] as const;
  for (const [what, bytes, most] of frames) {
    if (bytes + overheadBytes <= most) continue;
    throw new CsiError(
      'model-invalid',
      `${id} is ${numAntennas} x ${numDelays}: ${what} takes up to ${bytes + overheadBytes} bytes, a frame ${most}; keep fewer delays`,
    );
  }
}
