import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import { type ComplexManifest, type Manifest, sha256Bytes, toHex } from '@edge-csi/models';
import { renderCard } from './model-card.ts';

/** A model made here: its manifest, and its files by the names there. */
export interface NewModel<M extends Manifest | ComplexManifest = Manifest> {
  readonly manifest: M;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Names of a model's files, by what they are. */
export type FileNames = Readonly<Record<'encoder' | 'decoder' | 'allocation', string>> & {
  readonly refiner?: string | undefined;
};

/** Sizes and hashes of a model's files, as its manifest has them. */
export async function describeFiles(
  names: FileNames,
  written: ReadonlyMap<string, Uint8Array>,
): Promise<Manifest['files']> {
  return {
    encoder: await describeFile(names.encoder, written),
    decoder: await describeFile(names.decoder, written),
    allocation: await describeFile(names.allocation, written),
    ...(names.refiner === undefined ? {} : { refiner: await describeFile(names.refiner, written) }),
  };
}

/** Size and hash of one file. */
export async function describeFile(
  name: string,
  written: ReadonlyMap<string, Uint8Array>,
): Promise<Manifest['files']['encoder']> {
  const bytes = written.get(name);
  if (bytes === undefined) throw new CsiError('model-invalid', `${name} was not made`);
  return { path: name, sha256: toHex(await sha256Bytes(bytes)), bytes: bytes.length };
}

/** Writes a model's files, manifest and card into a folder, which is made. */
export async function writeModel(
  folder: string,
  { manifest, files }: NewModel<Manifest | ComplexManifest>,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const [name, bytes] of files) await writeFile(path.join(folder, name), bytes);
  await writeFile(path.join(folder, 'manifest.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  await writeFile(path.join(folder, 'card.md'), renderCard(manifest));
}
