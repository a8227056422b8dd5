import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  loadUplinkOnlyBundle,
  parseUplinkOnlyManifest,
  sha256Bytes,
  toHex,
  type UplinkOnlyManifest,
} from '@edge-csi/models';
import { buildModel } from '../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor } from '../../../scripts/model-tools/src/onnx/tensor.ts';

/** What the network multiplies its input with. */
export const tinyFactor = 0.5;

const tinyCsi = {
  numAntennas: 4,
  numDelays: 4,
  numSubcarriers: 16,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute',
} as const;

/** An uplink-only model that halves the uplink magnitude, with real ONNX bytes; norms in the ratio of 6 dB. */
export async function tinyUplinkOnly(id = 'tiny-u2d', csi: UplinkOnlyManifest['csi'] = tinyCsi) {
  const dims = [csi.numAntennas, csi.numDelays];
  const decoder = buildModel({
    inputs: [{ name: 'uplink', dims }],
    output: { name: 'magnitude', dims },
    initializers: [floatTensor('factor', [], Float32Array.of(tinyFactor))],
    operators: [{ type: 'Mul', inputs: ['uplink', 'factor'], output: 'magnitude' }],
  });
  const manifest = parseUplinkOnlyManifest({
    schema: 'edge-csi/uplink-only@1',
    id,
    family: 'tiny',
    csi,
    normalization: { kind: 'spherical', downlinkOverUplinkDb: 6 },
    files: { decoder: { path: 'decoder.onnx', sha256: toHex(await sha256Bytes(decoder)), bytes: decoder.length } },
    training: {},
  });
  return loadUplinkOnlyBundle(manifest, async () => decoder);
}

/** Writes the tiny model into a zoo, in a folder named by its id. @returns its manifest */
export async function writeTinyUplinkOnly(
  zoo: string,
  id?: string,
  csi?: UplinkOnlyManifest['csi'],
): Promise<UplinkOnlyManifest> {
  const { manifest, decoder } = await tinyUplinkOnly(id, csi);
  const folder = path.join(zoo, manifest.id);
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  await writeFile(path.join(folder, 'decoder.onnx'), decoder);
  return manifest;
}
