import path from 'node:path';
import { createRandom, createUeCodec, type Tensor } from '@edge-csi/csi';
import { listModels, loadModel, zooDirectory } from '@edge-csi/models/disk';
import { createOrtEncoder, openOrtNetworks } from '@edge-csi/ue-client/ort';
import { describe, expect, it } from 'vitest';

const [manifest] = (await listModels()).filter((model) => model.pruned);
if (manifest === undefined) throw new Error('the zoo has no pruned model');
const bundle = await loadModel(path.join(zooDirectory(), manifest.id), ['encoder']);
const { numAntennas, numDelays } = manifest.csi;

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
});
