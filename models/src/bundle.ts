import { type CodecSpec, CsiError } from '@edge-csi/csi';
import { codecSpecOf, type Manifest } from './manifest.ts';
import { pairingHash, sha256Bytes, toHex } from './pairing-hash.ts';

/** The files a manifest can name. */
export type ModelFile = keyof Manifest['files'];

/** Reads one file of a model by its name in the manifest: from disk, over HTTP, from memory. */
export type ReadModelFile = (path: string) => Promise<Uint8Array>;

/** A manifest with the bytes one end needs, hash-checked, and what its codec is made of. */
export interface ModelBundle {
  readonly manifest: Manifest;
  /** Pairing hash, 32 bytes. */
  readonly sha256: Uint8Array;
  /** For `createUeCodec` and `createBsCodec`. */
  readonly codec: CodecSpec;
  readonly files: ReadonlyMap<ModelFile, Uint8Array>;
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
): Promise<ModelBundle> {
  const files = new Map<ModelFile, Uint8Array>();
  for (const name of new Set<ModelFile>([...wanted, 'allocation'])) {
    const entry = manifest.files[name];
    if (entry === undefined) continue;
    files.set(name, await readChecked(manifest.id, entry, read));
  }
  return {
    manifest,
    sha256: await pairingHash(manifest),
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
