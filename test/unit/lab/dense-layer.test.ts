import { createRandom } from '@edge-csi/csi';
import type { DenseLayer } from '@edge-csi/models';
import { describe, expect, it } from 'vitest';
import { lowRankLayers, quantizedLayer } from '../../../scripts/lab/src/linear/dense-layer.ts';

const numOutputs = 4;
const numInputs = 6;
const random = createRandom(5);
const normals = (count: number) => Float32Array.from({ length: count }, () => random.gaussian());
const layer: DenseLayer = {
  numOutputs,
  numInputs,
  weights: normals(numOutputs * numInputs),
  bias: normals(numOutputs),
};

const distance = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - (b[i] as number))));

describe('lowRankLayers', () => {
  it('gives the layer back at full rank and loses more the lower the rank', () => {
    const truncated = lowRankLayers(layer, [4, 3, 2, 1]);
    const errors = truncated.map(({ weights }) =>
      weights.reduce((sum, w, i) => sum + (w - (layer.weights[i] as number)) ** 2, 0),
    );
    expect(errors[0]).toBeLessThan(1e-10);
    for (let i = 1; i < errors.length; i++) expect(errors[i]).toBeGreaterThan(errors[i - 1] as number);
  });

  it('gives a matrix of rank 1 back at rank 1', () => {
    const [u, v] = [normals(numOutputs), normals(numInputs)];
    const weights = Float32Array.from({ length: numOutputs * numInputs }, (_, i) => {
      return (u[Math.floor(i / numInputs)] as number) * (v[i % numInputs] as number);
    });
    const [truncated] = lowRankLayers({ ...layer, weights }, [1]);
    expect(distance(truncated?.weights ?? new Float32Array(0), weights)).toBeLessThan(1e-6);
  });
});

describe('quantizedLayer', () => {
  it.each([2, 3, 4, 8])('leaves each output at most 2^%i - 1 distinct weights', (bits) => {
    const { weights } = quantizedLayer(layer, bits);
    for (let row = 0; row < numOutputs; row++) {
      const distinct = new Set(weights.subarray(row * numInputs, (row + 1) * numInputs));
      expect(distinct.size).toBeLessThanOrEqual(2 ** bits - 1);
    }
  });

  it('errs by at most half a step of the unclipped grid at 8 bits', () => {
    const { weights } = quantizedLayer(layer, 8);
    const peak = Math.max(...layer.weights.map(Math.abs));
    expect(distance(weights, layer.weights)).toBeLessThanOrEqual(peak / 127);
  });
});
