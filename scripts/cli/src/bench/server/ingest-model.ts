import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createRepresentation } from '@edge-csi/csi';
import { type Manifest, representationOf, sha256Bytes, toHex } from '@edge-csi/models';

/**
 * Writes a copy of a model into another zoo whose decoder passes the uplink on and has no refiner: its messages are
 * those of the model, and its networks cost nothing.
 *
 * @returns its id
 */
export async function writeIngestModel(manifest: Manifest, zoo: string, into: string): Promise<string> {
  const { tensor } = createRepresentation(representationOf(manifest));
  // Loaded when it is needed: ONNX's schema is parsed then, and no other command pays for it.
  const { buildModel } = await import('@edge-csi/model-tools');
  const decoder = buildModel({
    inputs: [
      { name: 'latent', dims: [manifest.codeword.length] },
      { name: 'uplink', dims: tensor.dims },
    ],
    output: { name: tensor.name, dims: tensor.dims },
    initializers: [],
    operators: [{ type: 'Identity', inputs: ['uplink'], output: tensor.name }],
  });
  const { encoder, allocation } = manifest.files;
  const decoderFile = { path: 'decoder.onnx', sha256: toHex(await sha256Bytes(decoder)), bytes: decoder.length };
  const { measured: _, ...kept } = manifest;
  const files = { encoder, allocation, decoder: decoderFile };
  const folder = path.join(into, manifest.id);
  await mkdir(folder, { recursive: true });
  for (const { path: name } of [encoder, allocation]) {
    await writeFile(path.join(folder, name), await readFile(path.join(zoo, manifest.id, name)));
  }
  await writeFile(path.join(folder, decoderFile.path), decoder);
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify({ ...kept, files }));
  return manifest.id;
}
