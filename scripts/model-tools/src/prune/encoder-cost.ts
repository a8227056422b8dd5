import { type EncoderLayers, type ModelBundle, readEncoderLayers } from '@edge-csi/models';

/** What an encoder takes of a UE, whatever runs it. */
export interface EncoderCost {
  /** Weights and biases, normalisation included. */
  readonly parameters: number;
  /** Multiplications of one codeword. */
  readonly macs: number;
  /** encoder.onnx. */
  readonly bytes: number;
}

/** Counts an encoder's parameters and multiplications; weights of delays that it does not see are none. */
export function encoderCost(bundle: ModelBundle): EncoderCost {
  const { manifest, representation } = bundle;
  const { numDelays } = manifest.csi;
  const { conv, delays, rank, dense } = readEncoderLayers(bundle);
  const numInputs = (dense.numInputs / numDelays) * (delays?.length ?? numDelays);
  const weights = rank === undefined ? dense.numOutputs * numInputs : rank * (dense.numOutputs + numInputs);
  const biases = dense.numOutputs + (rank ?? 0);
  return {
    parameters: weights + biases + convParameters(conv),
    macs: weights + (conv === undefined ? 0 : 9 * representation.numComponents),
    bytes: manifest.files.encoder.bytes,
  };
}

function convParameters(conv: EncoderLayers['conv']): number {
  return conv === undefined ? 0 : conv.taps.length + 1 + conv.gain.length + conv.shift.length;
}
