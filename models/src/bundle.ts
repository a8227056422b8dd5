import { type ComplexSpec, CsiError, type DualnetSpec, type PathsSpec } from '@edge-csi/csi';
import { type ComplexManifest, complexAgreement, complexSpecOf, isComplexModel } from './complex-manifest.ts';
import { codecSpecOf, type Manifest } from './manifest.ts';
import { externalWeightsOf, readOnnxEdges } from './onnx-edges.ts';
import { isPathModel, type PathManifest, pathAgreement, pathsSpecOf, type ReportManifest } from './path-manifest.ts';

/** The files a manifest can name. */
export type ModelFile = keyof Manifest['files'];

/** Reads one file of a model by its name in the manifest: from disk, over HTTP, from memory. */
export type ReadModelFile = (path: string) => Promise<Uint8Array>;

interface Bundle<M extends ReportManifest, Spec> {
  readonly manifest: M;
  /** Pairing hash, 32 bytes. */
  readonly sha256: Uint8Array;
  /** For `createUeCodec` and `createBsCodec`. */
  readonly codec: Spec;
  readonly files: ReadonlyMap<ModelFile, Uint8Array>;
}

/** A manifest with the bytes one end needs, hash-checked, and what its codec is made of. */
export type ModelBundle = Bundle<Manifest, DualnetSpec>;

/** A model of complex CSI with the bytes one end needs, hash-checked. */
export type ComplexBundle = Bundle<ComplexManifest, ComplexSpec>;

/** A model of path reports, which has no files. */
export type PathBundle = Bundle<PathManifest, PathsSpec>;

/** A model that codes reports, of any kind. */
export type ReportBundle = ModelBundle | ComplexBundle | PathBundle;

/** @throws CsiError `model-invalid` where a model is not of a codec that codes phases, or signs, beside its networks' codeword. */
export function requireNetworks(bundle: ReportBundle): ModelBundle {
  if (hasNetworks(bundle)) return bundle;
  const { id } = bundle.manifest;
  throw new CsiError(
    'model-invalid',
    bundle.codec.kind === 'csi'
      ? `${id} is a model of complex CSI: this is for networks of magnitudes or absolute parts`
      : `${id} is a model of path reports: it has no networks`,
  );
}

/** Whether a bundle is of a codec of magnitudes or absolute parts, with phases or signs beside the codeword. */
export function hasNetworks(bundle: ReportBundle): bundle is ModelBundle {
  return bundle.codec.kind === 'dualnet';
}

/**
 * Reads the named files of a model and checks every hash. The allocation matrix is always read: both ends need it.
 *
 * @throws CsiError `model-invalid` where a file's bytes do not match the manifest.
 */
export async function loadBundle(
  manifest: Manifest,
  read: ReadModelFile,
  wanted: readonly ModelFile[],
): Promise<ModelBundle>;
export async function loadBundle(
  manifest: ReportManifest,
  read: ReadModelFile,
  wanted: readonly ModelFile[],
): Promise<ReportBundle>;
export async function loadBundle(
  manifest: ReportManifest,
  read: ReadModelFile,
  wanted: readonly ModelFile[],
): Promise<ReportBundle> {
  const sha256 = await pairingHash(manifest);
  if (isPathModel(manifest)) return { manifest, sha256, codec: pathsSpecOf(manifest), files: new Map() };
  const files = new Map<ModelFile, Uint8Array>();
  const common = isComplexModel(manifest) ? [] : (['allocation'] as const);
  for (const name of new Set<ModelFile>([...wanted, ...common])) {
    const entry = manifest.files[name];
    if (entry === undefined) continue;
    const bytes = await readChecked(manifest.id, entry, read);
    if (name !== 'allocation') requireRunnable(bytes, `${manifest.id}/${entry.path}`, name !== 'encoder');
    files.set(name, bytes);
  }
  if (isComplexModel(manifest)) return { manifest, sha256, codec: complexSpecOf(manifest), files };
  return {
    manifest,
    sha256,
    codec: codecSpecOf(manifest, files.get('allocation') as Uint8Array),
    files,
  };
}

/** Reads one file of a model. @throws CsiError `model-invalid` where its bytes do not match the manifest. */
export async function readChecked(
  id: string,
  entry: Pick<Manifest['files']['encoder'], 'path' | 'sha256'>,
  read: ReadModelFile,
): Promise<Uint8Array> {
  const bytes = await read(entry.path);
  const actual = toHex(await sha256Bytes(bytes));
  if (actual === entry.sha256) return bytes;
  throw new CsiError(
    'model-invalid',
    `${id}/${entry.path}: sha256 is ${actual}, the manifest says ${entry.sha256}; fetch the model again`,
  );
}

/** ONNX's numbers of element types that exporters write and no end of this link feeds. */
const otherTypes: Readonly<Record<number, string>> = { 10: 'float16', 11: 'float64', 16: 'bfloat16' };
const float32 = 1;

/**
 * Checks that a network can run where it is loaded: weights in its file, since a runtime would look for others in a folder of its own
 * and no hash covers them; float32 at its edges; and batches of any size.
 *
 * @param file - its name, for messages
 * @param batches - whether it is run on batches, as those of the BS are
 * @throws CsiError `model-invalid` naming the file, what is wrong with it and the way out
 */
export function requireRunnable(onnx: Uint8Array, file: string, batches = true): void {
  const location = externalWeightsOf(onnx);
  if (location !== undefined) {
    throw new CsiError(
      'model-invalid',
      `${file}: weights are in another file, ${location}; save it as one file: torch.onnx.export(..., external_data=False), or ` +
        'onnx.save(onnx.load(FILE), FILE)',
    );
  }
  for (const { side, name, elementType = float32, fixedBatch } of readOnnxEdges(onnx)) {
    if (elementType !== float32) {
      const found = otherTypes[elementType] ?? `type ${elementType}`;
      throw new CsiError(
        'model-invalid',
        `${file}: ${side} ${name} is ${found}, expected float32; export the network as model.float()`,
      );
    }
    if (!batches || fixedBatch === undefined) continue;
    throw new CsiError(
      'model-invalid',
      `${file}: ${side} ${name} has a batch dimension of ${fixedBatch}: export it as dynamic`,
    );
  }
}

/** The part of a manifest that must be equal at both ends for a report to be decodable. */
function wireAgreement(m: Manifest): unknown {
  return [
    m.id,
    [m.csi.numAntennas, m.csi.numDelays],
    normalizationAgreement(m.normalization),
    [m.codeword.bits, m.codeword.step],
    m.phase.maxBits,
    [m.files.encoder.sha256, m.files.decoder.sha256, m.files.allocation.sha256],
    // Magnitudes go without saying: the hashes of models from before there was a choice stay what they are.
    ...(m.planes === 'absolute-parts' ? [m.planes] : []),
  ];
}

function normalizationAgreement(normalization: Manifest['normalization']): unknown[] {
  if (normalization.kind === 'spherical') {
    const { minDb, stepDb, bits } = normalization.scale;
    return [normalization.kind, minDb, stepDb, bits];
  }
  const { kind, downlink, uplink } = normalization;
  return [kind, downlink.min, downlink.max, uplink.min, uplink.max];
}

function agreementOf(manifest: ReportManifest): unknown {
  if (isPathModel(manifest)) return pathAgreement(manifest);
  return isComplexModel(manifest) ? complexAgreement(manifest) : wireAgreement(manifest);
}

/**
 * Pairing hash: SHA-256 over everything both ends must agree on, and nothing else, so that a newly measured figure
 * in a manifest breaks no pairing.
 *
 * @returns 32 bytes
 */
export async function pairingHash(manifest: ReportManifest): Promise<Uint8Array> {
  const agreement = agreementOf(manifest);
  return sha256Bytes(new TextEncoder().encode(JSON.stringify(agreement)));
}

/** SHA-256 with the platform's Web Crypto (in browsers: secure contexts and localhost). */
export async function sha256Bytes(bytes: Uint8Array): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes as Uint8Array<ArrayBuffer>));
}

/** Name of one version of a model: its id and the first 12 hex digits of its pairing hash, as `<id>@<hash>`. */
export function versionName(id: string, sha256: Uint8Array): string {
  return `${id}@${toHex(sha256.subarray(0, 6))}`;
}

/** Lower-case hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}
