import { createRandom } from '@edge-csi/csi';
import { Matrix } from 'ml-matrix';
import { describe, expect, it } from 'vitest';
import { mostMissed, strongestDelays } from '../../../../scripts/model-tools/src/prune/importance.ts';

const numSamples = 500;
const random = createRandom(21);
/** Samples of as many independent sources as there are gains, scaled by these. */
const sources = (gains: readonly number[]) => ({
  width: gains.length,
  values: Float32Array.from({ length: numSamples * gains.length }, (_, i) => {
    return (gains[i % gains.length] as number) * random.gaussian();
  }),
});

describe('mostMissed', () => {
  it('leaves out weak components, as seen through the decoder', () => {
    // Strong at the encoder and hardly used by the decoder: component 0.
    const latents = sources([10, 1, 2]);
    const dense = new Matrix([
      [0.01, 0],
      [0, 1],
      [1, 1],
    ]);
    expect(mostMissed(latents, undefined, dense, 2)).toEqual([1, 2]);
    expect(mostMissed(latents, undefined, dense, 1)).toEqual([2]);
  });

  it('leaves out what the others, or the uplink, tell', () => {
    const latents = sources([3, 1, 1]);
    const uplink = { width: 1, values: new Float32Array(numSamples) };
    for (let row = 0; row < numSamples; row++) {
      // Component 0 is the largest, and known from component 2.
      latents.values[3 * row] = 3 * (latents.values[3 * row + 2] as number) + 0.01 * random.gaussian();
      uplink.values[row] = latents.values[3 * row + 1] as number;
    }
    const dense = Matrix.eye(3);
    expect(mostMissed(latents, undefined, dense, 2)).toEqual([0, 1]);
    expect(mostMissed(latents, uplink, dense, 1)).toEqual([0]);
  });
});

describe('strongestDelays', () => {
  it('ranks delays by what reaches the decoder, weights included', () => {
    const numDelays = 3;
    // One antenna; delay 1 is strong and has no weight.
    const inputs = sources([1, 5, 2]);
    const weights = new Map([
      [0, new Matrix([[1], [1]])],
      [1, new Matrix([[0], [0.001]])],
      [2, new Matrix([[1], [0]])],
    ]);
    expect(strongestDelays(weights, inputs, numDelays, Matrix.eye(2), 1)).toEqual([2]);
    expect(strongestDelays(weights, inputs, numDelays, Matrix.eye(2), 2)).toEqual([0, 2]);
  });
});
