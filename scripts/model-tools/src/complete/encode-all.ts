import { openOrtGraph } from '@edge-csi/bs-server/decode';
import { CsiError, type Representation } from '@edge-csi/csi';
import type { SampleMatrix } from '@edge-csi/lab/linear/regression';

const batchSize = 256;

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
  { tensor }: Representation,
  inputs: SampleMatrix,
): Promise<SampleMatrix> {
  const count = inputs.values.length / inputs.width;
  const graph = await openOrtGraph(encoder, 'cpu', { intraOpNumThreads: 1 }).catch((cause: Error) => {
    throw new CsiError('model-invalid', `${file}: onnxruntime-node does not load it: ${cause.message}`, { cause });
  });
  let values = new Float32Array(0);
  let width = 0;
  try {
    for (let start = 0; start < count; start += batchSize) {
      const rows = Math.min(batchSize, count - start);
      const batch = inputs.values.subarray(start * inputs.width, (start + rows) * inputs.width);
      const latent = await graph.run({ [tensor.name]: { values: batch, dims: [rows, ...tensor.dims] } }, 'latent');
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
