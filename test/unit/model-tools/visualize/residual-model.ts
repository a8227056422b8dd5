import { createRandom } from '@edge-csi/csi';
import { parseManifest, sha256Bytes, toHex } from '@edge-csi/models';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor, int64Tensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';
import { type FamilyModel, familyModel } from '../../../family-model.ts';

const shape = { numAntennas: 4, numDelays: 4 };
const numEntries = 16;
const length = 8;

/**
 * A model of 4 x 4 entries with every kind of layer: a convolution that passes its input on, normalised by gain 1 and shift
 * 0; a Dense layer that takes the first eight entries; a decoder that puts them back, adds a branch of two channels, the
 * second of which is dead, and joins what the uplink says of the rest.
 */
export async function residualModel(id = 'residual'): Promise<FamilyModel> {
  const random = createRandom(7);
  const base = await familyModel({
    ...shape,
    id,
    normalization: { kind: 'spherical', scale: { minDb: -60, stepDb: 0.375, bits: 8 } },
    maxBits: 2,
    codewordLength: length,
  });
  const select = Float32Array.from({ length: numEntries * length }, (_, i) =>
    Number(Math.floor(i / length) === i % length),
  );
  const spread = Float32Array.from({ length: numEntries * length }, (_, i) =>
    Number(Math.floor(i / numEntries) === i % numEntries),
  );
  const magnitude = { name: 'magnitude', dims: [4, 4] };
  const same = { pads: [1, 1, 1, 1] };
  const encoder = buildModel({
    inputs: [magnitude],
    output: { name: 'latent', dims: [length] },
    initializers: [
      int64Tensor('map', [-1, 1, 4, 4]),
      floatTensor('taps', [1, 1, 3, 3], Float32Array.of(0, 0, 0, 0, 1, 0, 0, 0, 0)),
      floatTensor('gain', [4], new Float32Array(4).fill(1)),
      floatTensor('shift', [4], new Float32Array(4)),
      floatTensor('select', [numEntries, length], select),
    ],
    operators: [
      { type: 'Reshape', inputs: ['magnitude', 'map'], output: 'plane' },
      { type: 'Conv', inputs: ['plane', 'taps'], output: 'filtered', name: '/net/conv/Conv', attributes: same },
      { type: 'Mul', inputs: ['filtered', 'gain'], output: 'scaled', name: '/net/norm/Mul' },
      { type: 'Add', inputs: ['scaled', 'shift'], output: 'normed', name: '/net/norm/Add' },
      { type: 'Relu', inputs: ['normed'], output: 'active', name: '/net/Relu' },
      { type: 'Flatten', inputs: ['active'], output: 'flat', name: '/net/Flatten' },
      { type: 'MatMul', inputs: ['flat', 'select'], output: 'latent', name: '/net/dense/MatMul' },
    ],
  });
  // The first channel carries, the second is 0.
  const first = Float32Array.from({ length: 18 }, (_, i) => (i < 9 ? 0.2 * random.gaussian() : 0));
  const second = Float32Array.from({ length: 18 }, () => 0.2 * random.gaussian());
  const decoder = buildModel({
    inputs: [
      { name: 'latent', dims: [length] },
      { name: 'uplink', dims: [4, 4] },
    ],
    output: magnitude,
    initializers: [
      int64Tensor('map', [-1, 1, 4, 4]),
      int64Tensor('matrix', [-1, 4, 4]),
      floatTensor('spread', [length, numEntries], spread),
      floatTensor('bias', [numEntries], new Float32Array(numEntries)),
      floatTensor('first', [2, 1, 3, 3], first),
      floatTensor('second', [1, 2, 3, 3], second),
      floatTensor(
        'rest',
        [4, 4],
        Float32Array.from({ length: numEntries }, (_, i) => Number(i >= length)),
      ),
    ],
    operators: [
      { type: 'MatMul', inputs: ['latent', 'spread'], output: 'product', name: '/net/dense/MatMul' },
      { type: 'Add', inputs: ['product', 'bias'], output: 'known', name: '/net/dense/Add' },
      { type: 'Reshape', inputs: ['known', 'map'], output: 'plane' },
      { type: 'Conv', inputs: ['plane', 'first'], output: 'wide', name: '/net/first/Conv', attributes: same },
      {
        type: 'LeakyRelu',
        inputs: ['wide'],
        output: 'bent',
        name: '/net/LeakyRelu',
        attributes: { alpha: { float: 0.3 } },
      },
      { type: 'Conv', inputs: ['bent', 'second'], output: 'narrow', name: '/net/second/Conv', attributes: same },
      { type: 'Add', inputs: ['plane', 'narrow'], output: 'corrected', name: '/net/Add' },
      { type: 'Reshape', inputs: ['corrected', 'matrix'], output: 'corrected-matrix' },
      { type: 'Mul', inputs: ['uplink', 'rest'], output: 'guessed', name: '/net/rest/Mul' },
      { type: 'Add', inputs: ['corrected-matrix', 'guessed'], output: 'magnitude', name: '/net/join' },
    ],
  });
  return withNetworks(base, { encoder, decoder });
}

/** A copy of a model with other networks, its manifest told of them. */
export async function withNetworks(
  { manifest, files }: FamilyModel,
  networks: { readonly encoder?: Uint8Array; readonly decoder?: Uint8Array },
): Promise<FamilyModel> {
  const changed = new Map(files);
  const named = { ...manifest.files };
  for (const role of ['encoder', 'decoder'] as const) {
    const bytes = networks[role];
    if (bytes === undefined) continue;
    changed.set(`${role}.onnx`, bytes);
    named[role] = { path: `${role}.onnx`, sha256: toHex(await sha256Bytes(bytes)), bytes: bytes.length };
  }
  return { manifest: parseManifest({ ...manifest, files: named }), files: changed };
}

/** Usable CSI of both bands, another pair for every seed; the uplink has the downlink's magnitudes. */
export function residualSample(seed: number) {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: 2 * numEntries }, () => random.gaussian());
  const csi = { domain: 'angular-delay', ...shape, values } as const;
  return { downlink: csi, uplink: csi };
}
