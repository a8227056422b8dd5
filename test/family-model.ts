import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type CsiShape, createRepresentation, type NormalizationSpec } from '@edge-csi/csi';
import { loadBundle, type Manifest, type ModelBundle, parseManifest, sha256Bytes, toHex } from '@edge-csi/models';
import { buildModel } from '../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor, int64Tensor } from '../scripts/model-tools/src/onnx/tensor.ts';

/** What sets the model families apart. */
export interface FamilyOptions extends CsiShape {
  readonly id: string;
  readonly planes?: 'magnitude' | 'absolute-parts';
  readonly normalization: NormalizationSpec;
  /** Phase bits of every entry; 1 where signs are sent. */
  readonly maxBits: number;
  /** Components, by index, that get no bits. */
  readonly silent?: readonly number[];
  readonly codewordLength?: number;
}

/** A model of a family with networks that can be followed by hand. */
export interface FamilyModel {
  readonly manifest: Manifest;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

/** Quantiser step of every codeword component; of 8 bits each, they reach from -1 to 1. */
const step = 1 / 128;

/**
 * A model whose codeword holds the first components as they are: the decoder takes these from the codeword and the rest
 * from the uplink. Every component gets `maxBits`, whatever the codeword, or none.
 */
export async function familyModel(options: FamilyOptions): Promise<FamilyModel> {
  const { id, planes, normalization, maxBits, silent = [], codewordLength: length = 2 } = options;
  const shape = { numAntennas: options.numAntennas, numDelays: options.numDelays };
  const { tensor, numComponents: n } = createRepresentation({
    ...shape,
    planes: planes ?? 'magnitude',
    normalization,
  });
  const input = { name: tensor.name, dims: tensor.dims };
  const latent = { name: 'latent', dims: [length] };
  const select = Float32Array.from({ length: n * length }, (_, i) => Number(Math.floor(i / length) === i % length));
  const spread = Float32Array.from({ length: n * length }, (_, i) => Number(Math.floor(i / n) === i % n));
  const encoder = buildModel({
    inputs: [input],
    output: latent,
    initializers: [floatTensor('select', [n, length], select)],
    operators: [
      { type: 'Flatten', inputs: [tensor.name], output: 'flat' },
      { type: 'MatMul', inputs: ['flat', 'select'], output: 'latent' },
    ],
  });
  const decoder = buildModel({
    inputs: [latent, { name: 'uplink', dims: tensor.dims }],
    output: { name: tensor.name, dims: tensor.dims },
    initializers: [
      floatTensor('spread', [length, n], spread),
      int64Tensor('shape', [-1, ...tensor.dims]),
      floatTensor(
        'rest',
        tensor.dims,
        Float32Array.from({ length: n }, (_, i) => Number(i >= length)),
      ),
    ],
    operators: [
      { type: 'MatMul', inputs: ['latent', 'spread'], output: 'flat' },
      { type: 'Reshape', inputs: ['flat', 'shape'], output: 'known' },
      { type: 'Mul', inputs: ['uplink', 'rest'], output: 'guessed' },
      { type: 'Add', inputs: ['known', 'guessed'], output: tensor.name },
    ],
  });
  const files = new Map([
    ['encoder.onnx', encoder],
    ['decoder.onnx', decoder],
    ['allocation.bin', constantAllocation(n, length, silent)],
  ]);
  const entry = async (name: string) => {
    const bytes = files.get(name) as Uint8Array;
    return { path: name, sha256: toHex(await sha256Bytes(bytes)), bytes: bytes.length };
  };
  const manifest = parseManifest({
    schema: 'edge-csi/manifest@1',
    id,
    family: planes === 'absolute-parts' ? 'dualnet-abs' : 'dualnet-mag',
    pruned: true,
    reduction: 4,
    csi: {
      ...shape,
      numSubcarriers: 1024,
      bandwidthHz: 20e6,
      downlinkCarrierHz: 5.3e9,
      uplinkCarrierHz: 5.1e9,
      timing: 'absolute',
    },
    normalization,
    ...(planes === undefined ? {} : { planes }),
    codeword: { length, bits: Array(length).fill(8), step: Array(length).fill(step) },
    phase: { maxBits, theta: 16 },
    files: {
      encoder: await entry('encoder.onnx'),
      decoder: await entry('decoder.onnx'),
      allocation: await entry('allocation.bin'),
    },
    training: {},
  });
  return { manifest, files };
}

/** The model with both ends' files. */
export async function bundleOf({ manifest, files }: FamilyModel): Promise<ModelBundle> {
  return loadBundle(manifest, async (name) => files.get(name) as Uint8Array, ['encoder', 'decoder']);
}

/** Adds a model to a zoo, in a folder named by its id unless another is given. */
export async function writeFamilyModel(zoo: string, model: FamilyModel, folder = model.manifest.id): Promise<void> {
  const directory = path.join(zoo, folder);
  await mkdir(directory, { recursive: true });
  for (const [name, bytes] of model.files) await writeFile(path.join(directory, name), bytes);
  await writeFile(path.join(directory, 'manifest.json'), JSON.stringify(model.manifest));
}

/** P = 0 and a bias that is above every threshold, or below all. */
function constantAllocation(n: number, length: number, silent: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(n * (length + 4));
  const bias = new DataView(bytes.buffer, n * length);
  for (let i = 0; i < n; i++) bias.setInt32(4 * i, silent.includes(i) ? 0 : 2 ** 20, true);
  return bytes;
}
