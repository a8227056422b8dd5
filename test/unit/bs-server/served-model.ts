import { createBsCodec } from '@edge-csi/csi';
import { codecSpecOf, type Manifest, toHex, versionName } from '@edge-csi/models';
import type { ServedModel } from '../../../bs-server/src/ops/model-catalog.ts';

const numAntennas = 2;
const numDelays = 2;
const codewordBits = [2, 3, 4];
const codewordStep = [0.5, 0.25, 0.125];
const file = { path: 'encoder.onnx', sha256: '0'.repeat(64), bytes: 1 };

/** P and b of the allocation: entry 0 follows component 0, entry 3 always gets many bits, the others none. */
const allocationBytes = (() => {
  const bytes = new Uint8Array(4 * (3 + 4));
  bytes[0] = 1;
  new DataView(bytes.buffer).setInt32(12 + 4 * 3, 100, true);
  return bytes;
})();

/** Made of by both ends of `servedModel`. */
export const tinyCodec = codecSpecOf(manifestOf('tiny', 1), allocationBytes);

/** A served model of 2 x 2 entries and 9 codeword bits, without networks. Each `hash` is another version. */
export function servedModel(id = 'tiny', hash = 0, theta = 1): ServedModel & { readonly manifest: Manifest } {
  const manifest = manifestOf(id, theta);
  const sha256 = new Uint8Array(32).fill(hash + 1);
  const hex = toHex(sha256);
  const spec = codecSpecOf(manifest, allocationBytes);
  return {
    version: versionName(id, sha256),
    folder: id,
    manifest,
    ref: { id, sha256 },
    sha256: hex,
    url: `/models/${id}/${hex.slice(0, 12)}/manifest.json`,
    shape: { numAntennas, numDelays },
    codec: createBsCodec(spec),
    spec,
    read: async () => {
      throw new Error('a model without files');
    },
  };
}

function manifestOf(id: string, theta: number): Manifest {
  return {
    schema: 'edge-csi/manifest@1',
    id,
    family: 'test',
    pruned: true,
    reduction: 4,
    csi: {
      numAntennas,
      numDelays,
      numSubcarriers: 4,
      bandwidthHz: 20e6,
      downlinkCarrierHz: 5.3e9,
      uplinkCarrierHz: 5.1e9,
      timing: 'absolute',
    },
    normalization: { kind: 'spherical', scale: { minDb: -60, stepDb: 0.5, bits: 8 } },
    codeword: { length: 3, bits: codewordBits, step: codewordStep },
    phase: { maxBits: 3, theta },
    files: { encoder: file, decoder: file, allocation: file },
    training: {},
  };
}
