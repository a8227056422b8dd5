import { createRepresentation } from '@edge-csi/csi';
import {
  type ConvLayer,
  type DenseLayer,
  type EncoderLayers,
  type ModelBundle,
  readEncoderLayers,
} from '@edge-csi/models';

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

/** A model's encoder and quantiser as they are, in float32: what the `micro` backend computes with `float32` weights. */
export interface FloatEncoder extends EncoderLayers {
  readonly kind: 'float32';
  /** Delays in the order of the input, `[numDelays]`; within a delay, planes, and within a plane, antennas. */
  readonly inputOrder: readonly number[];
  /** Quantiser step of each component, `[codewordLength]`. */
  readonly steps: readonly number[];
}

/** @throws CsiError `model-invalid` as `readEncoderLayers` */
export function floatEncoder(bundle: ModelBundle): FloatEncoder {
  const { csi, codeword } = bundle.manifest;
  const layers = readEncoderLayers(bundle);
  const inputOrder = Array.from({ length: csi.numDelays }, (_, delay) => delay);
  return {
    kind: 'float32',
    ...layers,
    dense: inDelayOrder(layers.dense, inputOrder),
    inputOrder,
    steps: codeword.step,
  };
}
