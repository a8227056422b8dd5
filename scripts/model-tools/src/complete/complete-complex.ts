import { type ComplexTensors, CsiError } from '@edge-csi/csi';
import { createPlanes, type Planes } from '@edge-csi/csi/complex';
import type { SampleMatrix } from '@edge-csi/lab/linear';
import { type ComplexManifest, parseComplexManifest } from '@edge-csi/models';
import type { ComplexDraft } from '@edge-csi/models/disk';
import { decodeModel } from '../onnx/schema.ts';
import { freeInputs } from '../visualize/network.ts';
import { encodeAll, openNetwork } from './calibration.ts';
import { bitsOf, type CompleteOptions } from './complete-model.ts';
import { statisticsOf, tableOf } from './fit-codec.ts';
import { bytesOf, checkShape, dimsOf } from './network-values.ts';
import { describeFile, type NewModel } from './new-model.ts';

/** Samples that the decoder is tried on. */
const trialSamples = 4;

/**
 * Makes a model of a pair of networks that take and give complex CSI as two planes: a quantiser is fitted to the encoder's codewords.
 *
 * @throws CsiError `model-invalid`, naming the file, where a network does not load, takes or gives anything else, or gives numbers
 * that are none, or where the bits do not suffice.
 */
export async function completeComplexModel({
  draft,
  files,
  calibration,
  data,
}: CompleteOptions<ComplexDraft>): Promise<NewModel<ComplexManifest>> {
  const { id, family, csi, normalization } = draft;
  const planes = createPlanes(csi, normalization);
  const tensors = complexTensorsOf(draft, files);
  const file = draft.files.encoder;
  const encoder = decodeModel(bytesOf(files, file), file);
  checkShape(encoder, file, 'input', tensors.encoder.csi, planes.dims);
  checkShape(encoder, file, 'output', tensors.encoder.codeword, [undefined]);
  const values = { input: { name: tensors.encoder.csi, dims: planes.dims }, output: tensors.encoder.codeword };
  const codewords = await encodeAll(bytesOf(files, file), file, values, calibration.inputs);
  await tryDecoder(draft, files, tensors, planes, codewords, calibration.uplinks);
  const statistics = statisticsOf(codewords);
  const centred = centredOn(statistics.mean, codewords);
  const bits = bitsOf(centred, calibration.inputs, draft);
  const step = bits.map((count, component) => tableOf(centred, component)[count]?.step ?? 1);
  const described = {
    encoder: await describeFile(draft.files.encoder, files),
    decoder: await describeFile(draft.files.decoder, files),
  };
  return {
    manifest: parseComplexManifest({
      ...{ schema: 'edge-csi/csi@1', id, family, pruned: false },
      reduction: Number((planes.numComponents / bits.length).toFixed(2)),
      ...{ csi, normalization, tensors },
      codeword: { length: bits.length, bits, step, offset: statistics.mean, statistics },
      files: described,
      training: {
        ...draft.training,
        calibration: { data: data.name, dataSha256: data.sha256, samples: calibration.numSamples },
      },
    } satisfies Record<keyof Omit<ComplexManifest, 'measured' | 'derivedFrom'>, unknown>),
    files,
  };
}

/**
 * What the networks of a draft call their inputs and outputs. Exporters choose the names; the decoder's inputs are told by their
 * axes: a codeword has one beside the batch, an uplink three.
 *
 * @throws CsiError `model-invalid`, naming the file, where they cannot be told.
 */
export function complexTensorsOf(
  { files: { encoder, decoder } }: Pick<ComplexDraft, 'files'>,
  files: ReadonlyMap<string, Uint8Array>,
): ComplexTensors {
  const [csi, ...more] = edgesOf(files, encoder, 'input');
  if (csi === undefined || more.length > 0) throw misfit(files, encoder, 'input', 'one, real and imaginary planes');
  const inputs = edgesOf(files, decoder, 'input');
  const codeword = inputs.length === 1 ? inputs[0] : inputs.find(({ numAxes }) => numAxes === 2);
  const uplink = inputs.find((input) => input !== codeword);
  if (codeword === undefined || inputs.length > 2 || (uplink && uplink.numAxes !== 4)) {
    throw misfit(files, decoder, 'input', 'a codeword [N, M] and perhaps an uplink [N, 2, Nt, Nd]');
  }
  return {
    encoder: { csi: csi.name, codeword: onlyOutput(files, encoder, 'the codeword') },
    decoder: {
      codeword: codeword.name,
      ...(uplink && { uplink: uplink.name }),
      csi: onlyOutput(files, decoder, 'the planes'),
    },
  };
}

type Side = 'input' | 'output';

/** Inputs or outputs of a network with as many axes as its file says. */
function edgesOf(files: ReadonlyMap<string, Uint8Array>, file: string, side: Side) {
  const model = decodeModel(bytesOf(files, file), file);
  const edges = side === 'input' ? freeInputs(model) : model.graph.output;
  return edges.map((edge) => ({ name: edge.name, numAxes: dimsOf(edge)?.length }));
}

function onlyOutput(files: ReadonlyMap<string, Uint8Array>, file: string, what: string): string {
  const [output, ...more] = edgesOf(files, file, 'output');
  if (output === undefined || more.length > 0) throw misfit(files, file, 'output', `one, ${what}`);
  return output.name;
}

function misfit(files: ReadonlyMap<string, Uint8Array>, file: string, side: Side, expected: string): CsiError {
  const found = edgesOf(files, file, side).map(({ name, numAxes }) => `${name} of ${numAxes ?? '?'} axes`);
  return new CsiError('model-invalid', `${file} has ${side}s ${found.join(', ') || 'none'}; expected ${expected}`);
}

function centredOn(mean: readonly number[], { width, values }: SampleMatrix): SampleMatrix {
  return { width, values: values.map((value, i) => value - (mean[i % width] as number)) };
}

/** Runs a decoder on a few samples. @throws CsiError `model-invalid`, naming the file, where it gives no CSI. */
async function tryDecoder(
  draft: ComplexDraft,
  files: ReadonlyMap<string, Uint8Array>,
  { decoder: tensors }: ComplexTensors,
  planes: Planes,
  codewords: SampleMatrix,
  uplinks: SampleMatrix,
): Promise<void> {
  const file = draft.files.decoder;
  const onnx = bytesOf(files, file);
  const model = decodeModel(onnx, file);
  checkShape(model, file, 'input', tensors.codeword, [codewords.width]);
  if (tensors.uplink !== undefined) checkShape(model, file, 'input', tensors.uplink, planes.dims);
  checkShape(model, file, 'output', tensors.csi, planes.dims);
  const rows = Math.min(trialSamples, codewords.values.length / codewords.width);
  const first = ({ width, values }: SampleMatrix, dims: readonly number[]) => ({
    values: values.subarray(0, rows * width),
    dims: [rows, ...dims],
  });
  const feeds = {
    [tensors.codeword]: first(codewords, [codewords.width]),
    ...(tensors.uplink !== undefined && { [tensors.uplink]: first(uplinks, planes.dims) }),
  };
  const graph = await openNetwork(onnx, file);
  const output = await graph
    .run(feeds, tensors.csi)
    .catch((cause: Error) => {
      throw new CsiError('model-invalid', `${file}: ${cause.message}`, { cause });
    })
    .finally(() => graph.release());
  const wrong = output.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new CsiError('model-invalid', `${file}: ${tensors.csi}[${wrong}] is ${output[wrong]}`);
  if (output.length === rows * planes.numComponents) return;
  throw new CsiError(
    'model-invalid',
    `${file}: ${output.length} values for ${rows} samples of ${planes.numComponents}`,
  );
}
