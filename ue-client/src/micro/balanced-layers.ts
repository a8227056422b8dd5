import type { ConvLayer, DenseLayer } from '@edge-csi/models';

/** Gain up to which the convolution's largest output leaves int16 14 fraction bits. */
const mostGain = 1.9;

/**
 * Moves what a delay's gain has beyond `mostGain` from behind the convolution into the Dense layer, which LeakyReLU in between lets
 * pass: one delay with a large gain, mostly a weak one, would take fraction bits from all of them. No row of the Dense layer gets
 * a larger weight than it has.
 *
 * @param dense - columns in the order `[plane][antenna][delay]`
 */
export function balancedLayers(conv: ConvLayer, dense: DenseLayer): { conv: ConvLayer; dense: DenseLayer } {
  const numDelays = conv.gain.length;
  const factors = Float64Array.from(conv.gain, (gain) => Math.max(1, Math.abs(gain) / mostGain));
  const { numInputs, numOutputs } = dense;
  for (let row = 0; row < numOutputs; row++) {
    const tops = new Float64Array(numDelays);
    for (let i = 0; i < numInputs; i++) {
      const weight = Math.abs(dense.weights[row * numInputs + i] as number);
      tops[i % numDelays] = Math.max(tops[i % numDelays] as number, weight);
    }
    const top = tops.reduce((most, weight) => Math.max(most, weight), 0);
    tops.forEach((weight, d) => {
      if (weight > 0) factors[d] = Math.min(factors[d] as number, top / weight);
    });
  }
  const divided = (values: Float32Array) => values.map((value, d) => value / (factors[d] as number));
  return {
    conv: { ...conv, gain: divided(conv.gain), shift: divided(conv.shift) },
    dense: { ...dense, weights: dense.weights.map((weight, i) => weight * (factors[i % numDelays] as number)) },
  };
}
