import type { Regression, SampleMatrix } from '@edge-csi/lab/linear/regression';
import type { ModelBundle } from '@edge-csi/models';
import { Matrix } from 'ml-matrix';
import { codesOf, statisticsOf } from '../complete/fit-codec.ts';

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
  { files, quantizer, manifest }: ModelBundle,
  kept: readonly number[],
  inputs: SampleMatrix,
  oldLatents: SampleMatrix,
): Regression {
  const bytes = files.get('allocation') as Uint8Array;
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
