import path from 'node:path';
import { createRandom, createUeCodec, type Tensor } from '@edge-csi/csi';
import { listModels, loadModel, zooDirectory } from '@edge-csi/models/disk';
import { createOrtEncoder, openOrtNetworks } from '@edge-csi/ue-client/ort';
import { describe, expect, it } from 'vitest';
import { decodeModel, encodeModel } from '../../../scripts/model-tools/src/onnx/schema.ts';

const [manifest] = (await listModels()).filter((model) => model.pruned);
if (manifest === undefined) throw new Error('the zoo has no pruned model');
const bundle = await loadModel(path.join(zooDirectory(), manifest.id), ['encoder']);
const { numAntennas, numDelays } = manifest.csi;

/** What of the encoder's file is changed. */
interface Change {
  readonly batch?: number;
  readonly input?: string;
  readonly irVersion?: number;
}

/** The bundle's encoder alone. */
async function openNetwork() {
  const { networks, close } = await openOrtNetworks(bundle, createUeCodec(bundle.codec).networks);
  const run = async (magnitude: Tensor) => (await networks.encoder?.run({ magnitude }, 'latent')) as Float32Array;
  return { run, close };
}

function magnitude(seed: number) {
  const random = createRandom(seed);
  const values = Float32Array.from({ length: numAntennas * numDelays }, () => random.uniform() / 32);
  return { values, dims: [1, numAntennas, numDelays] };
}

describe('createOrtEncoder', () => {
  it('runs a pruned encoder, which is one affine map of the magnitudes', async () => {
    const encoder = await openNetwork();
    const [one, two] = [magnitude(1), magnitude(2)];
    const zero = { ...one, values: new Float32Array(one.values.length) };
    const sum = { ...one, values: one.values.map((value, i) => value + (two.values[i] as number)) };
    const [a, b, c, offset] = await Promise.all([one, two, sum, zero].map((input) => encoder.run(input)));
    expect(a?.length).toBe(manifest.codeword.length);
    expect(a).not.toEqual(b);
    c?.forEach((value, i) => {
      const expected = (a?.[i] as number) + (b?.[i] as number) - (offset?.[i] as number);
      expect(Math.abs(value - expected)).toBeLessThan(1e-5);
    });
    await encoder.close();
    await encoder.close();
  });

  it('serves several UEs of one process at once', async () => {
    const encoders = await Promise.all([1, 2, 3, 4].map(() => openNetwork()));
    const latents = await Promise.all(encoders.map((encoder, i) => encoder.run(magnitude(i % 2))));
    expect(latents[2]).toEqual(latents[0]);
    expect(latents[3]).toEqual(latents[1]);
    expect(latents[1]).not.toEqual(latents[0]);
    await Promise.all(encoders.map((encoder) => encoder.close()));
  });

  it('refuses a bundle without an encoder, and bytes that are no graph', async () => {
    const without = { ...bundle, files: new Map() };
    await expect(createOrtEncoder(without)).rejects.toMatchObject({ name: 'CsiError', code: 'model-invalid' });
    const broken = { ...bundle, files: new Map([['encoder', new Uint8Array(100)] as const]) };
    await expect(createOrtEncoder(broken)).rejects.toMatchObject({ name: 'CsiError', code: 'model-invalid' });
  });

  it.each([
    ['takes batches of 16 alone', { batch: 16 }, 'has a batch dimension of 16: export it as dynamic'],
    ['calls its input otherwise', { input: 'x' }, 'takes x, the manifest asks for magnitude;'],
    ['is of a newer ONNX', { irVersion: 99 }, /it is of ONNX IR 99, and the runtime reads IR \d+ at most;/],
  ])('refuses an encoder that %s, with the way out', async (_, { batch, input, irVersion }: Change, message) => {
    const model = decodeModel(bundle.files.get('encoder') as Uint8Array, 'encoder.onnx');
    const [edge] = model.graph.input;
    if (batch !== undefined) Object.assign(edge?.type?.tensorType?.shape?.dim[0] as object, { dimValue: batch });
    if (input !== undefined) Object.assign(edge as object, { name: input });
    if (irVersion !== undefined) model.irVersion = irVersion;
    const other = { ...bundle, files: new Map([['encoder', encodeModel(model)] as const]) };
    await expect(createOrtEncoder(other)).rejects.toThrow(message);
  });
});
