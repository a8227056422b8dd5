import { type EncoderLayers, type ModelBundle, readEncoderLayers } from '@edge-csi/models';
import { inDelayOrder } from './delay-order.ts';

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
