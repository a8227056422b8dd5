import { CsiError, createRepresentation, type Representation } from '@edge-csi/csi';
import { allocateBits } from '@edge-csi/lab';
import { regress, type SampleMatrix } from '@edge-csi/lab/linear';
import { type Manifest, parseManifest } from '@edge-csi/models';
import type { DraftManifest } from '@edge-csi/models/disk';
import { requireValue } from '../onnx/graph.ts';
import { decodeModel } from '../onnx/schema.ts';
import { type Calibration, encodeAll, openNetwork } from './calibration.ts';
import { fitCodec, statisticsOf, tableOf } from './fit-codec.ts';
import { bytesOf, checkShape, checkValues } from './network-values.ts';
import { describeFiles, type NewModel } from './new-model.ts';

export interface CompleteOptions<Draft = DraftManifest> {
  readonly draft: Draft;
  /** Bytes of the draft's files by name. */
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly calibration: Calibration;
  /** File of the calibration samples and its hash. */
  readonly data: { readonly name: string; readonly sha256: string };
}

/** File that the phase allocation is written to. */
const allocationFile = 'allocation.bin';
const ridge = 1e-4;
/** Samples that the decoder is tried on. */
const trialSamples = 4;

/**
 * Makes a model of a pair of networks: quantiser and phase allocation are fitted to the encoder's latents.
 *
 * @throws CsiError `model-invalid`, naming the file, where a network does not load, has other inputs, outputs or shapes
 * than the draft says, or gives numbers that are none, or where the bits do not suffice.
 */
export async function completeModel({ draft, files, calibration, data }: CompleteOptions): Promise<NewModel> {
  const { id, csi, normalization, planes = 'magnitude' } = draft;
  const { numAntennas, numDelays } = csi;
  const representation = createRepresentation({ numAntennas, numDelays, planes, normalization });
  const encoder = bytesOf(files, draft.files.encoder);
  const decoder = bytesOf(files, draft.files.decoder);
  const { name, dims } = representation.tensor;
  const encoderModel = decodeModel(encoder, draft.files.encoder);
  checkShape(encoderModel, draft.files.encoder, 'input', name, dims);
  checkShape(encoderModel, draft.files.encoder, 'output', 'latent', [undefined]);
  const file = draft.files.encoder;
  const latents = await encodeAll(encoder, file, { input: { name, dims }, output: 'latent' }, calibration.inputs);
  checkValues(decoder, draft.files.decoder, {
    inputs: { latent: [latents.width], cell: [latents.width], uplink: dims },
    output: [name, dims],
    takes: 'a decoder takes latent, and may take cell and uplink',
  });
  requireValue(decodeModel(decoder, draft.files.decoder), 'input', 'latent', draft.files.decoder);
  await tryDecoder(decoder, draft.files.decoder, representation, latents, calibration.uplinks);
  if (draft.files.refiner !== undefined) {
    const matrix = [numAntennas, numDelays];
    checkValues(bytesOf(files, draft.files.refiner), draft.files.refiner, {
      inputs: { estimate: [2, ...matrix], magnitude: matrix, bits: matrix, uplink: matrix },
      output: ['csi', [2, ...matrix]],
      takes: 'a refiner takes estimate, magnitude, bits and uplink',
    });
  }
  const bits = bitsOf(latents, calibration.inputs, draft);
  const codewordBits = bits.reduce((sum, count) => sum + count, 0);
  const maxPhaseBits = planes === 'absolute-parts' ? 1 : 8;
  const phaseBits = draft.reportBits - codewordBits - representation.scaleBits;
  if (phaseBits <= 0) {
    throw new CsiError(
      'model-invalid',
      `manifest: reportBits is ${draft.reportBits}; codeword and norm alone take ${codewordBits + representation.scaleBits}`,
    );
  }
  const step = bits.map((count, component) => tableOf(latents, component)[count]?.step ?? 1);
  const { allocation, theta } = fitCodec({
    ...{ inputs: calibration.inputs, latents, normalization: normalization.kind },
    ...{ maxPhaseBits, bits, step, phaseBits },
  });
  const written = new Map([...files, [allocationFile, allocation]]);
  return {
    manifest: parseManifest({
      ...{ schema: 'edge-csi/manifest@1', id, family: draft.family, pruned: false },
      reduction: reductionOf(draft, bits.length),
      ...{ csi, normalization, ...(draft.planes === undefined ? {} : { planes }) },
      codeword: { length: bits.length, bits, step, statistics: statisticsOf(latents) },
      phase: { maxBits: maxPhaseBits, theta },
      files: await describeFiles({ ...draft.files, allocation: allocationFile }, written),
      training: {
        ...draft.training,
        calibration: { data: data.name, dataSha256: data.sha256, samples: calibration.numSamples },
      },
    } satisfies Record<keyof Omit<Manifest, 'planes' | 'measured' | 'derivedFrom'>, unknown>),
    files: written,
  };
}

/** Whether a decoder.onnx reads the uplink. @throws CsiError `model-invalid`, naming the file, where it is no ONNX file. */
export function readsUplink(decoder: Uint8Array, file: string): boolean {
  return decodeModel(decoder, file).graph.input.some(({ name }) => name === 'uplink');
}

/** Runs a decoder on a few samples. @throws CsiError `model-invalid`, naming the file, where it gives no estimates. */
async function tryDecoder(
  onnx: Uint8Array,
  file: string,
  { tensor, numComponents }: Representation,
  latents: SampleMatrix,
  uplinks: SampleMatrix,
): Promise<void> {
  const graph = await openNetwork(onnx, file);
  const rows = Math.min(trialSamples, latents.values.length / latents.width);
  const first = ({ width, values }: SampleMatrix, dims: readonly number[]) => ({
    values: values.subarray(0, rows * width),
    dims: [rows, ...dims],
  });
  const feeds = {
    latent: first(latents, [latents.width]),
    cell: { values: new Float32Array(rows * latents.width), dims: [rows, latents.width] },
    uplink: first(uplinks, tensor.dims),
  };
  const output = await graph.run(feeds, tensor.name).finally(() => graph.release());
  const wrong = output.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new CsiError('model-invalid', `${file}: ${tensor.name}[${wrong}] is ${output[wrong]}`);
  if (output.length === rows * numComponents) return;
  throw new CsiError('model-invalid', `${file}: ${output.length} values for ${rows} samples of ${numComponents}`);
}

/** Bits of each component, 1..8: where a bit removes most of the error of a linear estimate of the inputs. */
export function bitsOf(
  latents: SampleMatrix,
  inputs: SampleMatrix,
  { codeword, files }: Pick<DraftManifest, 'codeword' | 'files'>,
): number[] {
  const { totalBits } = codeword;
  const length = latents.width;
  if (totalBits < length || totalBits > 8 * length) {
    throw new CsiError(
      'model-invalid',
      `manifest: codeword.totalBits is ${totalBits}; ${files.encoder} has ${length} components of 1..8 bits each`,
    );
  }
  const { weights } = regress([latents], inputs, [ridge]);
  const tables = Array.from({ length }, (_, component) => {
    const effect = weights.getColumn(component).reduce((sum, weight) => sum + weight * weight, 0);
    return tableOf(latents, component)
      .slice(1)
      .map((quantized) => ({ ...quantized, distortion: effect * quantized.distortion }));
  });
  return Array.from(allocateBits(tables, totalBits - length), (bits) => bits + 1);
}

/** The 1/CR of the literature: what DualNet counts for phases, or signs, beside the codeword. */
function reductionOf({ csi, planes }: DraftManifest, length: number): number {
  const entries = csi.numAntennas * csi.numDelays;
  const beside = entries / (planes === 'absolute-parts' ? 16 : 8);
  return Number(((2 * entries) / (length + beside)).toFixed(2));
}
