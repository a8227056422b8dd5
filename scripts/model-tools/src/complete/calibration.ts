import { type Graph, openOrtGraph } from '@edge-csi/bs-server/decode';
import { CsiError, createUplinkInput, type Representation } from '@edge-csi/csi';
import type { Planes } from '@edge-csi/csi/complex';
import type { CsiSource } from '@edge-csi/csi/files';
import { spreadIndices, usableSample } from '@edge-csi/lab/data';
import type { SampleMatrix } from '@edge-csi/lab/linear';

/** Samples that a model is fitted on, as its networks see them. */
export interface Calibration {
  readonly numSamples: number;
  /** Input of the encoder. */
  readonly inputs: SampleMatrix;
  /** Uplink input of the decoder; zeros where it reads none. */
  readonly uplinks: SampleMatrix;
}

interface CalibrationOptions {
  /** Samples, at most. */
  readonly limit: number;
  /** What the model's networks read. */
  readonly bands: 'both' | 'downlink';
  readonly onProgress: (done: number) => void;
}

/** Below that there is nothing to choose ridges on, whatever the model. */
const leastSamples = 16;

/**
 * Reads samples spread evenly over a file: neighbours in it are often neighbours in space.
 *
 * @throws CsiError as `usableSample`, and `file-format` where the file has too few samples to fit on.
 */
export function readCalibration(
  source: CsiSource,
  representation: Representation | Planes,
  { limit, bands, onProgress }: CalibrationOptions,
): Calibration {
  const indices = spreadIndices(source, limit);
  const numSamples = indices.length;
  if (numSamples < leastSamples) {
    throw new CsiError(
      'file-format',
      `${source.name}: ${numSamples} samples, fitting a model takes ${leastSamples} or more`,
    );
  }
  const width = representation.numComponents;
  const inputs = { width, values: new Float32Array(numSamples * width) };
  const uplinks = { width, values: new Float32Array(numSamples * width) };
  const uplinkInto = createUplinkInput(representation);
  for (const [i, index] of indices.entries()) {
    const { input } = representation.normalize(usableSample(source, 'downlink', index));
    inputs.values.set(input.values, i * width);
    if (bands === 'both') {
      const uplink = usableSample(source, 'uplink', index, 'name its file with --calibration-uplink');
      uplinkInto(uplinks.values.subarray(i * width, (i + 1) * width), uplink.values);
    }
    onProgress(i + 1);
  }
  return { numSamples, inputs, uplinks };
}

const batchSize = 256;

/** What an encoder takes, dims after the batch dimension, and the name of what it gives. */
interface EncoderValues {
  readonly input: { readonly name: string; readonly dims: readonly number[] };
  readonly output: string;
}

/**
 * Latents of an encoder.onnx.
 *
 * @param file - its name, for messages
 * @param inputs - of the encoder
 * @throws CsiError `model-invalid`, naming the file, where onnxruntime-node does not load it, or its outputs are not finite.
 */
export async function encodeAll(
  encoder: Uint8Array,
  file: string,
  { input, output }: EncoderValues,
  inputs: SampleMatrix,
): Promise<SampleMatrix> {
  const count = inputs.values.length / inputs.width;
  const graph = await openNetwork(encoder, file);
  let values = new Float32Array(0);
  let width = 0;
  try {
    for (let start = 0; start < count; start += batchSize) {
      const rows = Math.min(batchSize, count - start);
      const batch = inputs.values.subarray(start * inputs.width, (start + rows) * inputs.width);
      const latent = await graph.run({ [input.name]: { values: batch, dims: [rows, ...input.dims] } }, output);
      if (start === 0) {
        width = latent.length / rows;
        values = new Float32Array(count * width);
      }
      values.set(latent, start * width);
    }
  } finally {
    await graph.release();
  }
  const at = values.findIndex((value) => !Number.isFinite(value));
  if (at >= 0) {
    throw new CsiError(
      'model-invalid',
      `${file}: component ${at % width} of sample ${Math.floor(at / width)} is ${values[at]}`,
    );
  }
  return { width, values };
}

/** Opens a network on the CPU, one thread. @throws CsiError `model-invalid`, naming the file, where it does not load. */
export async function openNetwork(onnx: Uint8Array, file: string): Promise<Graph> {
  return openOrtGraph(onnx, 'cpu', { intraOpNumThreads: 1 }).catch((cause: Error) => {
    throw new CsiError('model-invalid', `${file}: onnxruntime-node does not load it: ${cause.message}`, { cause });
  });
}
