import { createRepresentation } from '@edge-csi/csi';
import type { DenseLayer, ModelBundle } from '@edge-csi/models';

/** The delays of a model from the strongest to the weakest. */
export interface DelayOrder {
  /** Delay indices, `[numDelays]`. */
  readonly delays: readonly number[];
  /** Share of the input's energy in the delay of that rank, `[numDelays]`; they sum to 1. */
  readonly shares: readonly number[];
}

/**
 * Ranks delays by the energy of the components there, as the model itself expects it: the allocation's coarse magnitude
 * P c + b, its square averaged over codewords whose components are independent and uniform over their levels. It needs
 * no data, and both ends hold the file.
 */
export function delayOrder(bundle: ModelBundle): DelayOrder {
  const { manifest, codec, files } = bundle;
  const { numDelays } = manifest.csi;
  const { length, bits } = manifest.codeword;
  const { numComponents } = createRepresentation(codec.representation);
  const bytes = files.get('allocation') as Uint8Array;
  const matrix = new Int8Array(bytes.buffer, bytes.byteOffset, numComponents * length);
  const bias = new DataView(bytes.buffer, bytes.byteOffset + matrix.length);
  const variances = bits.map((b) => (4 ** b - 1) / 3);
  const energy = new Float64Array(numDelays);
  for (let i = 0; i < numComponents; i++) {
    let power = bias.getInt32(4 * i, true) ** 2;
    for (let k = 0; k < length; k++) power += (matrix[i * length + k] as number) ** 2 * (variances[k] as number);
    energy[i % numDelays] = (energy[i % numDelays] as number) + power;
  }
  const total = energy.reduce((sum, value) => sum + value, 0);
  const delays = Array.from(energy.keys()).sort((a, b) => (energy[b] as number) - (energy[a] as number) || a - b);
  return { delays, shares: delays.map((delay) => (total > 0 ? (energy[delay] as number) / total : 1 / numDelays)) };
}

/** The layer with its columns moved from `[plane][antenna][delay]` to `[rank of delay][plane][antenna]`. */
export function inDelayOrder(layer: DenseLayer, delays: readonly number[]): DenseLayer {
  const { numInputs, numOutputs } = layer;
  const numDelays = delays.length;
  const perDelay = numInputs / numDelays;
  const weights = new Float32Array(layer.weights.length);
  for (let row = 0; row < numOutputs; row++) {
    const at = row * numInputs;
    delays.forEach((delay, rank) => {
      for (let k = 0; k < perDelay; k++) {
        weights[at + rank * perDelay + k] = layer.weights[at + k * numDelays + delay] as number;
      }
    });
  }
  return { ...layer, weights };
}
