import { CsiError, createRepresentation } from '@edge-csi/csi';
import { type DenseLayer, type ModelBundle, readEncoderLayers } from '@edge-csi/models';
import { exponentOf, type IntegerConv, integerConv } from './integer-conv.ts';
import { balancedLayers, delayOrder, inDelayOrder } from './layers.ts';

/**
 * A model's encoder and quantiser in integers: what the `micro` backend and the C export compute, both alike.
 *
 * A component's level is floor((multiplier (W x + F f) + offset) / 2^shift), held within its bits. x is the input of the
 * Dense layer as int16, in the order of `inputOrder`; f is x of the strongest delays, divided by 64 and rounded. W and F
 * are int8, so that a weight of those delays counts as W + F / 64 and has 14 bits, at a small cost in size.
 */
export interface IntegerEncoder {
  readonly kind: 'int8';
  readonly codewordLength: number;
  readonly numInputs: number;
  /** Delays in the order of the input, `[numDelays]`; within a delay, planes, and within a plane, antennas. */
  readonly inputOrder: readonly number[];
  /** Leading delays of that order that have fine weights. */
  readonly numFineDelays: number;
  /** Inputs that have fine weights: those of the fine delays. */
  readonly numFine: number;
  /** int8, row-major `[codewordLength][numInputs + numFine]`, W beside F. */
  readonly weights: Int8Array;
  /** `[codewordLength]` */
  readonly multipliers: Int32Array;
  /** `[codewordLength]` */
  readonly offsets: BigInt64Array;
  readonly shift: number;
  /** Absent where the encoder is the Dense layer alone. */
  readonly conv?: IntegerConv;
  /** How much of the input is left out of the integers and accounted for in the constants: 0.5 under minmax, else 0. */
  readonly inputOffset: number;
  /** Fraction bits of the normalised input as int16. */
  readonly inputFractionBits: number;
}

/** Fine weights are in 1/64 of a weight's unit. */
const fineUnits = 64;
const maxWeight = 127;
/** Share of codeword components that may come out one level off for the rounding of weights, as far as it is foreseen. */
const mostOff = 0.0085;
/** The same behind a convolution, whose own rounding, not foreseen, adds about as much again. */
const mostOffBehindConv = 0.005;

/**
 * Rounds a model's encoder to integers. It uses the model's files alone, and arithmetic that IEEE 754 defines to the last
 * bit, so every machine gets the same integers.
 *
 * @param bundle a model loaded with its encoder
 * @throws CsiError `model-invalid` where the encoder has other layers than `readEncoderLayers` reads, or constants that
 * 32 bits cannot hold
 */
export function integerEncoder(bundle: ModelBundle): IntegerEncoder {
  const { manifest } = bundle;
  const representation = createRepresentation(bundle.codec.representation);
  const { numDelays } = manifest.csi;
  const read = readEncoderLayers(bundle);
  const layers = read.conv === undefined ? read : balancedLayers(read.conv, read.dense);
  const inputOffset = manifest.normalization.kind === 'minmax' ? 0.5 : 0;
  const conv = layers.conv && integerConv(layers.conv, manifest.csi, inputOffset);
  const { delays, shares } = delayOrder(bundle);
  const dense = inDelayOrder(layers.dense, delays);
  const { numOutputs, numInputs } = dense;
  const perDelay = representation.numComponents / numDelays;
  // Weights that the model has as int8 already are taken as they are, and nothing is left for fine ones.
  const units = Float64Array.from({ length: numOutputs }, (_, row) => dense.units?.[row] ?? unitOf(rowOf(dense, row)));
  const numFineDelays =
    dense.units === undefined
      ? fineDelays(units, manifest.codeword.step, shares, conv === undefined ? mostOff : mostOffBehindConv)
      : 0;
  const numFine = numFineDelays * perDelay;
  const weights = new Int8Array(numOutputs * (numInputs + numFine));
  for (let row = 0; row < numOutputs; row++) {
    const out = weights.subarray(row * (numInputs + numFine), (row + 1) * (numInputs + numFine));
    roundInto(out, rowOf(dense, row), units[row] as number);
    requireNoOverflow(out, manifest.id, row);
  }
  const inputFractionBits = 15;
  const denseBits = conv?.outputFractionBits ?? inputFractionBits;
  return {
    kind: 'int8',
    codewordLength: numOutputs,
    numInputs,
    inputOrder: delays,
    numFineDelays,
    numFine,
    weights,
    ...quantiserConstants(bundle, dense, units, denseBits, inputOffset),
    ...(conv === undefined ? {} : { conv }),
    inputOffset,
    inputFractionBits,
  };
}

function rowOf({ numInputs, weights }: DenseLayer, row: number): Float32Array {
  return weights.subarray(row * numInputs, (row + 1) * numInputs);
}

/** What one step of an int8 weight stands for. A row of zeros has a unit too. */
function unitOf(row: Float32Array): number {
  return row.reduce((most, weight) => Math.max(most, Math.abs(weight)), 2 ** -60) / maxWeight;
}

/**
 * Fewest delays that need fine weights, strongest first. The rounding errors of int8 weights, uniform and independent,
 * add sqrt(1/12) of the weights' unit to a latent, times the root of the share of the input that they meet, its norm
 * being 1. Such an error takes a component over a quantiser's edge in E|error| / step of all cases; E|error| of a Gaussian
 * is sqrt(2 / pi) of its deviation.
 */
function fineDelays(units: Float64Array, steps: readonly number[], shares: readonly number[], atMost: number): number {
  const mean = steps.reduce((sum, step, j) => sum + (units[j] as number) / step, 0) / steps.length;
  let rest = 1;
  let count = 0;
  while (count < shares.length && 0.7979 * Math.sqrt(Math.max(0, rest) / 12) * mean > atMost) {
    rest -= shares[count] as number;
    count++;
  }
  return count;
}

function roundInto(out: Int8Array, row: Float32Array, unit: number): void {
  const numFine = out.length - row.length;
  for (let i = 0; i < row.length; i++) {
    const exact = (row[i] as number) / unit;
    const rounded = Math.round(exact);
    out[i] = rounded;
    if (i < numFine) out[row.length + i] = Math.round((exact - rounded) * fineUnits);
  }
}

/** Whatever the int16 input, sums stay within int32. */
function requireNoOverflow(row: Int8Array, id: string, index: number): void {
  const magnitude = row.reduce((sum, weight) => sum + Math.abs(weight), 0);
  if (magnitude < 2 ** 16) return;
  throw new CsiError(
    'model-invalid',
    `${id}: weights of component ${index} add up to ${magnitude} in int8, over 65535`,
  );
}

function quantiserConstants(
  { manifest }: ModelBundle,
  dense: DenseLayer,
  units: Float64Array,
  denseBits: number,
  inputOffset: number,
): Pick<IntegerEncoder, 'multipliers' | 'offsets' | 'shift'> {
  const { step, bits } = manifest.codeword;
  const factors = Array.from(units, (unit, j) => unit / 2 ** denseBits / (step[j] as number));
  const shift = exponentOf((2 ** 30 - 1) / Math.max(...factors));
  const offsets = Array.from(units, (_, j) => {
    const left = inputOffset * rowOf(dense, j).reduce((sum, weight) => sum + weight, 0);
    return ((dense.bias[j] as number) + left) / (step[j] as number) + 2 ** ((bits[j] as number) - 1);
  });
  const reach = Math.max(...offsets.map(Math.abs)) * 2 ** shift;
  if (!(shift > 0 && shift < 63 && reach < 2 ** 62)) {
    throw new CsiError('model-invalid', `${manifest.id}: biases and quantiser steps are too far apart for integers`);
  }
  return {
    multipliers: Int32Array.from(factors, (factor) => Math.round(factor * 2 ** shift)),
    offsets: BigInt64Array.from(offsets, (offset) => BigInt(Math.round(offset * 2 ** shift))),
    shift,
  };
}
