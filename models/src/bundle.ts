import { type ComplexSpec, CsiError, type DualnetSpec, type PathsSpec } from '@edge-csi/csi';
import { type ComplexManifest, complexAgreement, complexSpecOf, isComplexModel } from './complex-manifest.ts';
import { codecSpecOf, type Manifest } from './manifest.ts';
import { isPathModel, type PathManifest, pathAgreement, pathsSpecOf } from './path-manifest.ts';
import type { ReportManifest } from './report-manifest.ts';

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
      ? `${id} is a model of complex CSI, whose networks only ONNX Runtime runs; give one of magnitudes, or of path reports`
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
    files.set(name, await readChecked(manifest.id, entry, read));
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
