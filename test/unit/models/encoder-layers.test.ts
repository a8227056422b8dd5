import path from 'node:path';
import { type ModelBundle, readEncoderLayers } from '@edge-csi/models';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { createOrtEncoder } from '@edge-csi/ue-client/ort';
import { describe, expect, it } from 'vitest';
import { bundleOf, familyModel } from '../../family-model.ts';

const load = (id: string) => loadModel(path.join(zooDirectory, id), ['encoder']);
const withEncoder = (bundle: ModelBundle, bytes: Uint8Array): ModelBundle => ({
  ...bundle,
  files: new Map([...bundle.files, ['encoder', bytes]]),
});

describe('readEncoderLayers', () => {
  it('reads weights of a pruned encoder that give the latents of onnxruntime-web', async () => {
    const bundle = await load('dualnet-mag-m16');
    const { dense, conv } = readEncoderLayers(bundle);
    expect(conv).toBeUndefined();
    expect([dense.numOutputs, dense.numInputs]).toEqual([16, 1024]);
    const values = Float32Array.from({ length: 1024 }, (_, i) => Math.abs(Math.sin(3 * i)) / 32);
    const encoder = await createOrtEncoder(bundle);
    const latent = await encoder.encode({ domain: 'normalized-magnitude', numAntennas: 32, numDelays: 32, values });
    await encoder.close();
    const own = Array.from({ length: 16 }, (_, row) =>
      values.reduce(
        (sum, value, i) => sum + value * (dense.weights[1024 * row + i] as number),
        dense.bias[row] as number,
      ),
    );
    const furthest = Math.max(...own.map((value, row) => Math.abs(value - (latent.values[row] as number))));
    expect(furthest).toBeLessThan(1e-5);
  });

  it('reads the convolution of a full encoder', async () => {
    const { conv } = readEncoderLayers(await load('dualnet-mag-m16-full'));
    expect(conv?.taps.length).toBe(9);
    expect(conv?.gain.length).toBe(32);
    expect(conv?.shift.length).toBe(32);
    expect(conv?.leak).toBeCloseTo(0.3, 6);
  });

  it('names the operators of an encoder that it cannot read', async () => {
    const shape = { numAntennas: 2, numDelays: 3 };
    const normalization = { kind: 'spherical', scale: { minDb: -60, stepDb: 0.375, bits: 8 } } as const;
    const bundle = await bundleOf(await familyModel({ ...shape, id: 'matmul', normalization, maxBits: 3 }));
    expect(() => readEncoderLayers(bundle)).toThrow(/matmul\/encoder.onnx: operators are MatMul; only Gemm/);
  });

  it('refuses a bundle without an encoder and bytes that are no graph, cut short anywhere', async () => {
    const bundle = await load('dualnet-mag-m4');
    const bytes = bundle.files.get('encoder') as Uint8Array;
    const without = { ...bundle, files: new Map([...bundle.files].filter(([name]) => name !== 'encoder')) };
    expect(() => readEncoderLayers(without)).toThrow(/loaded without encoder.onnx/);
    for (let length = 0; length < bytes.length; length += 97) {
      const cut = withEncoder(bundle, bytes.subarray(0, length));
      expect(() => readEncoderLayers(cut)).toThrow(expect.objectContaining({ code: 'model-invalid' }));
    }
  });

  it('refuses a graph of another shape than the manifest says', async () => {
    const bundle = await load('dualnet-mag-m4');
    const other = (await load('dualnet-mag-m8')).files.get('encoder') as Uint8Array;
    expect(() => readEncoderLayers(withEncoder(bundle, other))).toThrow(/8 x 1024, not 4 x 1024/);
  });
});
