import { createQuantizer, type NormalizationSpec, type Quantizer } from '@edge-csi/csi';
import { createDualnet, createPhaseAllocation, type PhaseAllocation } from '@edge-csi/csi/dualnet';
import {
  meanPhaseBits,
  phaseAllocationBytes,
  type QuantizedComponent,
  quantizeComponent,
  thetaFor,
} from '@edge-csi/lab';
import { applyDense, Matrix, type Regression, regress, rowOf, type SampleMatrix, sumsOf } from '@edge-csi/lab/linear';
import type { ModelBundle } from '@edge-csi/models';

interface CodecTask {
  readonly normalization: NormalizationSpec['kind'];
  /** Most phase bits of an entry. */
  readonly maxPhaseBits: number;
  readonly bits: readonly number[];
  readonly step: readonly number[];
  /** Of the encoder, and what it makes of them. */
  readonly inputs: SampleMatrix;
  readonly latents: SampleMatrix;
  /** What is known of the inputs from the codeword's centred integers before any of these samples. */
  readonly prior?: Regression | undefined;
  /** Mean bits for phases or signs, at most. */
  readonly phaseBits: number;
}

/** Samples to choose steps, and the rate of phases, on: spread over all of them. */
const stepSamples = 4096;
const rateSamples = 512;
/** Ridges on the covariance of the codeword's integers, relative to their mean variance. */
const ridges = [1e-6, 1e-4, 1e-3, 1e-2, 1e-1, 1] as const;

/** Fits phase allocation, as the bytes of allocation.bin, and theta to the latents of an encoder and its quantiser. */
export function fitCodec(task: CodecTask): { readonly allocation: Uint8Array; readonly theta: number } {
  const { bits, step, latents, inputs, maxPhaseBits: maxBits } = task;
  const quantizer = createQuantizer(bits, step);
  const allocation = fitAllocation(codesOf(quantizer, latents), task);
  const sizes = { numEntries: inputs.width, codewordLength: bits.length, maxBits };
  const coarse = coarseOf(createPhaseAllocation({ bytes: allocation, ...sizes }), quantizer, latents);
  return { allocation, theta: thetaFor(coarse, Math.max(0, task.phaseBits), maxBits) };
}

/** Mean bits that a model's phases or signs take, at the theta of its manifest. */
export function phaseBitsOf({ manifest, codec }: ModelBundle, latents: SampleMatrix): number {
  const { theta, maxBits } = manifest.phase;
  const { quantizer, allocation } = createDualnet(codec);
  return meanPhaseBits(coarseOf(allocation, quantizer, latents), theta, maxBits);
}

/** What a component's quantiser is at 0..8 bits. */
export function tableOf(latents: SampleMatrix, component: number): QuantizedComponent[] {
  const some = thinned(latents, stepSamples);
  const values = new Float32Array(some.values.length / some.width);
  for (let row = 0; row < values.length; row++) values[row] = some.values[row * some.width + component] as number;
  return quantizeComponent(values);
}

/** Centred integers of the codeword, as float32. */
function codesOf(quantizer: Quantizer, latents: SampleMatrix): SampleMatrix {
  const values = new Float32Array(latents.values.length);
  const centred = new Int16Array(latents.width);
  for (let row = 0; row < values.length / latents.width; row++) {
    quantizer.centredInto(centred, quantizer.quantize({ domain: 'latent', values: rowOf(latents, row) }));
    values.set(centred, row * latents.width);
  }
  return { width: latents.width, values };
}

function fitAllocation(codes: SampleMatrix, { inputs, prior, normalization }: CodecTask): Uint8Array {
  // A magnitude of zero is no zero under minmax.
  const floor = normalization === 'minmax' ? 0.5 : 0;
  const { weights, offset } = prior ? refined(prior, codes, inputs) : regress([codes], inputs, ridges);
  return phaseAllocationBytes(
    Float32Array.from(weights.transpose().to1DArray()),
    Float32Array.from(offset, (value) => value - floor),
  );
}

/** A linear estimate with what a regression adds to it. */
function refined(prior: Regression, features: SampleMatrix, target: SampleMatrix): Regression {
  const { width } = target;
  const explained = applyDense(
    {
      numInputs: features.width,
      numOutputs: width,
      weights: Float32Array.from(prior.weights.to1DArray()),
      bias: Float32Array.from(prior.offset),
    },
    features,
  );
  const rest = target.values.map((value, i) => value - (explained.values[i] as number));
  const { weights, offset } = regress([features], { width, values: rest }, ridges);
  return {
    weights: Matrix.add(prior.weights, weights),
    offset: offset.map((value, i) => value + (prior.offset[i] as number)),
  };
}

/** Coarse magnitudes of some of the samples. */
function coarseOf(allocation: PhaseAllocation, quantizer: Quantizer, latents: SampleMatrix): Int32Array[] {
  const codes = codesOf(quantizer, thinned(latents, rateSamples));
  return Array.from({ length: codes.values.length / codes.width }, (_, row) => {
    const coarse = new Int32Array(allocation.numEntries);
    allocation.coarseInto(coarse, Int16Array.from(rowOf(codes, row)));
    return coarse;
  });
}

/** At most `count` of the samples, spread over all of them. */
function thinned({ width, values }: SampleMatrix, count: number): SampleMatrix {
  const rows = values.length / width;
  if (rows <= count) return { width, values };
  const some = new Float32Array(count * width);
  for (let i = 0; i < count; i++) {
    const at = Math.floor((i * rows) / count) * width;
    some.set(values.subarray(at, at + width), i * width);
  }
  return { width, values: some };
}

/** Mean and deviation of each component, to four digits, as a manifest has them. */
export function statisticsOf(latents: SampleMatrix): { mean: number[]; deviation: number[] } {
  const sums = sumsOf([latents], latents.width);
  const covariance = sums.covariance(0, latents.width, 0, latents.width);
  const short = (value: number) => Number(value.toPrecision(4));
  return {
    mean: Array.from(sums.mean(0, latents.width), short),
    deviation: covariance.diagonal().map((variance) => short(Math.sqrt(Math.max(variance, 1e-12)))),
  };
}

/** What a smaller model has of the codec of the model it comes from. */
interface InheritedCodec {
  readonly bits: number[];
  readonly step: number[];
  readonly statistics: { readonly mean: number[]; readonly deviation: number[] };
  /** The old phase allocation as an estimate of the encoder's inputs from the new codeword's centred integers. */
  readonly prior: Regression;
}

/**
 * Carries quantiser, moments and phase allocation over to the components that are left, each with its steps and moments
 * changed as much as its own latent has: a few samples tell that better than they tell the moments themselves.
 *
 * @param kept - components of the bundle's codeword that are left
 * @param inputs - of the encoders that made the latents
 */
export function inheritCodec(
  bundle: ModelBundle,
  kept: readonly number[],
  inputs: SampleMatrix,
  oldLatents: SampleMatrix,
  newLatents: SampleMatrix,
): InheritedCodec {
  const { codeword } = bundle.manifest;
  const before = statisticsOf(oldLatents);
  const after = statisticsOf(newLatents);
  const { mean, deviation } = codeword.statistics ?? before;
  const ratios = kept.map((old, i) => (after.deviation[i] as number) / (before.deviation[old] as number));
  const short = (value: number) => Number(value.toPrecision(4));
  return {
    bits: kept.map((old) => codeword.bits[old] as number),
    step: kept.map((old, i) => (codeword.step[old] as number) * (ratios[i] as number)),
    statistics: {
      mean: kept.map((old, i) =>
        short((mean[old] as number) + (after.mean[i] as number) - (before.mean[old] as number)),
      ),
      deviation: kept.map((old, i) => short((deviation[old] as number) * (ratios[i] as number))),
    },
    prior: oldAllocation(bundle, kept, inputs, oldLatents),
  };
}

/** The allocation's coarse magnitude, scaled to what it stands for; components that are gone are taken for their mean. */
function oldAllocation(
  { files, codec, manifest }: ModelBundle,
  kept: readonly number[],
  inputs: SampleMatrix,
  oldLatents: SampleMatrix,
): Regression {
  const bytes = files.get('allocation') as Uint8Array;
  const { quantizer } = createDualnet(codec);
  const { length } = quantizer;
  const numEntries = inputs.width;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const matrix = new Matrix(numEntries, length);
  for (let at = 0; at < numEntries * length; at++) matrix.set(Math.floor(at / length), at % length, view.getInt8(at));
  const bias = Float64Array.from({ length: numEntries }, (_, i) => view.getInt32(numEntries * length + 4 * i, true));
  const codes = codesOf(quantizer, oldLatents);
  const floor = manifest.normalization.kind === 'minmax' ? 0.5 : 0;
  const unit = unitOf(matrix, bias, codes, inputs, floor);
  const { mean } = statisticsOf(codes);
  const weights = new Matrix(numEntries, kept.length);
  const offset = bias.map((value) => floor + unit * value);
  for (let entry = 0; entry < numEntries; entry++) {
    kept.forEach((old, i) => {
      weights.set(entry, i, unit * matrix.get(entry, old));
    });
    for (let component = 0; component < length; component++) {
      if (kept.includes(component)) continue;
      const share = unit * matrix.get(entry, component) * (mean[component] as number);
      offset[entry] = (offset[entry] as number) + share;
    }
  }
  return { weights, offset };
}

/** Magnitude of one unit of the coarse magnitude: allocation.bin does not say, and none of its readers needs it. */
function unitOf(matrix: Matrix, bias: Float64Array, codes: SampleMatrix, inputs: SampleMatrix, floor: number): number {
  const count = Math.min(unitSamples, codes.values.length / codes.width);
  let cross = 0;
  let power = 0;
  for (let row = 0; row < count; row++) {
    const code = Array.from(codes.values.subarray(row * codes.width, (row + 1) * codes.width));
    const coarse = matrix.mmul(Matrix.columnVector(code));
    for (let entry = 0; entry < inputs.width; entry++) {
      const value = coarse.get(entry, 0) + (bias[entry] as number);
      cross += value * ((inputs.values[row * inputs.width + entry] as number) - floor);
      power += value * value;
    }
  }
  return power > 0 ? cross / power : 0;
}

/** One number is found on few samples. */
const unitSamples = 256;
