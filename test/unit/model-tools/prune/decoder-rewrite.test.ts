import { openOrtGraph } from '@edge-csi/bs-server/decode';
import { Matrix } from 'ml-matrix';
import { expect, it } from 'vitest';
import { buildModel } from '../../../../scripts/model-tools/src/onnx/graph.ts';
import { floatTensor } from '../../../../scripts/model-tools/src/onnx/tensor.ts';
import { planDecoder } from '../../../../scripts/model-tools/src/prune/decoder-plan.ts';
import { rewriteDecoder } from '../../../../scripts/model-tools/src/prune/decoder-rewrite.ts';

const dense = { numOutputs: 2, numInputs: 3, weights: new Float32Array(6), bias: new Float32Array(2) };

/** A decoder without an estimate of the uplink: magnitude = relu(latent W), W = [[1, 2, 3], [4, 5, 6]]. */
const plain = buildModel({
  inputs: [{ name: 'latent', dims: [2] }],
  output: { name: 'magnitude', dims: [3] },
  initializers: [floatTensor('w', [2, 3], Float32Array.of(1, 2, 3, 4, 5, 6))],
  operators: [
    { type: 'MatMul', inputs: ['latent', 'w'], output: 'coarse' },
    { type: 'Relu', inputs: ['coarse'], output: 'magnitude' },
  ],
});

/** The decoder for an encoder whose latents are by `offset` less. */
function shifted(decoder: Uint8Array, offset: readonly number[]): Uint8Array {
  const recovery = { weights: Matrix.eye(2), offset: Float64Array.from(offset) };
  const plan = planDecoder(decoder, 'x/decoder.onnx', 2, 3);
  return rewriteDecoder(plan, { dense, weightBits: 32, kept: [0, 1], recovery });
}

async function decode(decoder: Uint8Array, latent: readonly number[]): Promise<number[]> {
  const graph = await openOrtGraph(decoder, 'cpu', { intraOpNumThreads: 1 });
  try {
    return [...(await graph.run({ latent: { values: Float32Array.from(latent), dims: [1, 2] } }, 'magnitude'))];
  } finally {
    await graph.release();
  }
}

it('gives back the old latents, and again those of a decoder that was rewritten before', async () => {
  const once = shifted(plain, [1, 0]);
  expect(await decode(once, [0, 1])).toEqual([5, 7, 9]);
  const twice = shifted(once, [0, 1]);
  expect(await decode(twice, [0, 0])).toEqual([5, 7, 9]);
  expect(await decode(shifted(twice, [1, 1]), [0, 0])).toEqual([10, 14, 18]);
});
