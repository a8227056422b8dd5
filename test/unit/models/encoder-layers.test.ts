import path from 'node:path';
import { createDualnet } from '@edge-csi/csi/dualnet';
import { type ModelBundle, readEncoderLayers } from '@edge-csi/models';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { openOrtNetworks } from '@edge-csi/ue-client/ort';
import { describe, expect, it } from 'vitest';
import { buildModel } from '../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor } from '../../../scripts/model-tools/src/onnx/tensor.ts';
import { encoderModel } from '../../../scripts/model-tools/src/prune/pruned-encoder.ts';
import { bundleOf, familyModel } from '../../family-model.ts';

const load = (id: string) => loadModel(path.join(zooDirectory(), id), ['encoder']);
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
    const { networks, close } = await openOrtNetworks(bundle, [{ name: 'encoder', input: 'magnitude' }]);
    const latent = await networks.encoder?.run({ magnitude: { values, dims: [1, 32, 32] } }, 'latent');
    await close();
    const own = Array.from({ length: 16 }, (_, row) =>
      values.reduce(
        (sum, value, i) => sum + value * (dense.weights[1024 * row + i] as number),
        dense.bias[row] as number,
      ),
    );
    const furthest = Math.max(...own.map((value, row) => Math.abs(value - (latent?.[row] as number))));
    expect(furthest).toBeLessThan(1e-5);
  });

  it('reads the convolution of a full encoder', async () => {
    const { conv } = readEncoderLayers(await load('dualnet-mag-m16-full'));
    expect(conv?.taps.length).toBe(9);
    expect(conv?.gain.length).toBe(32);
    expect(conv?.shift.length).toBe(32);
    expect(conv?.leak).toBeCloseTo(0.3, 6);
  });

  it('reads two factors of some delays as one layer, with zeros for the delays that are missing', async () => {
    const bundle = await load('dualnet-mag-m4');
    const random = (count: number, seed: number) =>
      Float32Array.from({ length: count }, (_, i) => Math.sin(seed + 7 * i));
    const inner = { numOutputs: 2, numInputs: 64, weights: random(128, 1), bias: random(2, 2) };
    const outer = { numOutputs: 4, numInputs: 2, weights: random(8, 3), bias: random(4, 4) };
    const encoder = { delays: [3, 17], layers: [inner, outer], weightBits: 32 } as const;
    const layers = readEncoderLayers(
      withEncoder(bundle, encoderModel(encoder, createDualnet(bundle.codec).representation)),
    );
    expect(layers).toMatchObject({ delays: [3, 17], rank: 2 });
    const { weights, bias } = layers.dense;
    for (let row = 0; row < 4; row++) {
      for (const [i, delay] of [3, 17].entries()) {
        // Antenna 5.
        const [a, b] = [0, 1].map(
          (k) => (outer.weights[2 * row + k] as number) * (inner.weights[64 * k + 10 + i] as number),
        );
        expect(weights[1024 * row + 32 * 5 + delay]).toBeCloseTo((a as number) + (b as number), 5);
      }
      const [c, d] = [0, 1].map((k) => (outer.weights[2 * row + k] as number) * (inner.bias[k] as number));
      expect(bias[row]).toBeCloseTo((outer.bias[row] as number) + (c as number) + (d as number), 5);
    }
    expect(weights.filter((weight) => weight !== 0).length).toBeLessThanOrEqual(4 * 64);
  });

  it.each([[[17, 3]], [[3, 3]], [[3, 32]], [[]]])('refuses delays %j', async (delays) => {
    const bundle = await load('dualnet-mag-m4');
    const numInputs = 32 * delays.length;
    const weights = new Float32Array(4 * numInputs);
    const layer = { numOutputs: 4, numInputs, weights, bias: new Float32Array(4) };
    const bytes = encoderModel({ delays, layers: [layer], weightBits: 32 }, createDualnet(bundle.codec).representation);
    expect(() => readEncoderLayers(withEncoder(bundle, bytes))).toThrow(
      /Gather does not take rising delays|no constant/,
    );
  });

  it('does not take factors of columns for factors of rows', async () => {
    const bundle = await load('dualnet-mag-m4');
    const encoder = (factorDims: readonly number[]) =>
      buildModel({
        inputs: [{ name: 'magnitude', dims: [32, 32] }],
        output: { name: 'latent', dims: [4] },
        initializers: [
          floatTensor('inner', [4, 1024], new Float32Array(4096).fill(1)),
          floatTensor(
            'square',
            [4, 4],
            Float32Array.from({ length: 16 }, (_, i) => i),
          ),
          floatTensor('factors', factorDims, Float32Array.of(1, 10, 100, 1000)),
        ],
        operators: [
          { type: 'Mul', inputs: ['square', 'factors'], output: 'outer' },
          { type: 'Flatten', inputs: ['magnitude'], output: 'flat', attributes: { axis: 1 } },
          { type: 'Gemm', inputs: ['flat', 'inner'], output: 'between', attributes: { transB: 1 } },
          { type: 'Gemm', inputs: ['between', 'outer'], output: 'latent', attributes: { transB: 1 } },
        ],
      });
    const { dense } = readEncoderLayers(withEncoder(bundle, encoder([4, 1])));
    expect([0, 1, 2, 3].map((row) => dense.weights[1024 * row])).toEqual([6, 220, 3800, 54000]);
    // Over the last axis, as ONNX broadcasts it: not folded, and so no encoder that is read here.
    expect(() => readEncoderLayers(withEncoder(bundle, encoder([4])))).toThrow(/operators are Mul, Gemm, Gemm; only/);
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
