import type { ConvLayer, DenseLayer } from '@edge-csi/models';

/**
 * A convolution and the Dense layer after it as one Dense layer: exact but for the LeakyReLU between them, which is taken
 * for the identity. Magnitudes are not negative, and little of what the trained convolutions make of them is.
 *
 * @param numAntennas - rows of the matrix that the convolution runs over
 */
export function foldConvolution(conv: ConvLayer, dense: DenseLayer, numAntennas: number): DenseLayer {
  const { numOutputs, numInputs } = dense;
  const numDelays = numInputs / numAntennas;
  const weights = new Float32Array(dense.weights.length);
  const bias = dense.bias.slice();
  for (let row = 0; row < numOutputs; row++) {
    const from = dense.weights.subarray(row * numInputs, (row + 1) * numInputs);
    const to = weights.subarray(row * numInputs, (row + 1) * numInputs);
    for (let a = 0; a < numAntennas; a++) {
      for (let d = 0; d < numDelays; d++) {
        const weight = from[a * numDelays + d] as number;
        const gain = conv.gain[d] as number;
        bias[row] = (bias[row] as number) + weight * (gain * conv.bias + (conv.shift[d] as number));
        for (let tap = 0; tap < 9; tap++) {
          const antenna = a + Math.floor(tap / 3) - 1;
          const delay = d + (tap % 3) - 1;
          if (antenna < 0 || antenna >= numAntennas || delay < 0 || delay >= numDelays) continue;
          const at = antenna * numDelays + delay;
          to[at] = (to[at] as number) + weight * gain * (conv.taps[tap] as number);
        }
      }
    }
  }
  return { numOutputs, numInputs, weights, bias };
}
