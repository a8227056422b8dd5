import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { AngularDelayCsi } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import { goldenHeader } from './golden-header.ts';
import { weightsHeader } from './weights-header.ts';

/** Sources that are the same for every model: the encoder of the UE client, and the self-test of this package. */
const kernelFiles = ['encoder.c', 'encoder.h', 'norm.h', 'stages.h', 'directions.h'];
const ownFolder = new URL('../../embed/', import.meta.url);

/** Path of a file of this package's embed/ folder. */
export function embedFile(name: string): string {
  return fileURLToPath(new URL(name, ownFolder));
}

/**
 * Writes a model's encoder as C99 into a folder, which is made where it does not exist.
 *
 * @param bundle - a model loaded with its encoder
 * @param samples - CSI for the golden vectors of the self-test
 * @returns names of the files written
 * @throws CsiError `model-invalid` where the C encoder does not know such a model
 */
export async function writeFolder(
  folder: string,
  bundle: ModelBundle,
  samples: readonly AngularDelayCsi[],
): Promise<string[]> {
  const generated = {
    'weights.h': weightsHeader(bundle),
    'golden.h': await goldenHeader(bundle, samples),
    'README.md': (await readFile(embedFile('README.template.md'), 'utf8'))
      .replaceAll('{{id}}', bundle.manifest.id)
      .replaceAll('{{antennas}}', String(bundle.manifest.csi.numAntennas))
      .replaceAll('{{delays}}', String(bundle.manifest.csi.numDelays)),
  };
  await mkdir(folder, { recursive: true });
  for (const name of kernelFiles) {
    await copyFile(fileURLToPath(import.meta.resolve(`@edge-csi/ue-client/kernel/${name}`)), path.join(folder, name));
  }
  await copyFile(embedFile('self-test.c'), path.join(folder, 'self-test.c'));
  for (const [name, text] of Object.entries(generated)) await writeFile(path.join(folder, name), text);
  return [...kernelFiles, 'self-test.c', ...Object.keys(generated)];
}
