/**
 * The encoder that runs encoder.onnx with onnxruntime-web.
 *
 * @module @edge-csi/ue-client/ort
 */
import { CsiError } from '@edge-csi/csi';
import type { ModelBundle } from '@edge-csi/models';
import { env, InferenceSession, Tensor } from '#ort';
import type { Encoder } from './encoder.ts';

/** Where onnxruntime-web finds its files. */
export interface OrtOptions {
  /**
   * URL prefix of onnxruntime-web's .wasm and .mjs files, for browsers: serve them from your own origin. It holds for
   * the whole page and counts only before the first encoder is made.
   */
  readonly wasmPaths?: string;
}

/**
 * Makes an encoder that runs a model's encoder.onnx with onnxruntime-web on the CPU, one thread.
 *
 * @throws CsiError `model-invalid` where the bundle has no encoder, its graph is not one, or takes another input than
 * the manifest says
 */
export async function createOrtEncoder(bundle: ModelBundle, options: OrtOptions = {}): Promise<Encoder> {
  const { id, codeword } = bundle.manifest;
  const { name, dims } = bundle.representation.tensor;
  const bytes = bundle.files.get('encoder');
  if (bytes === undefined) throw new CsiError('model-invalid', `${id}: the bundle was loaded without encoder.onnx`);
  // Threads would need cross-origin isolation in a browser and gain nothing at this size.
  env.wasm.numThreads = 1;
  if (options.wasmPaths !== undefined) env.wasm.wasmPaths = options.wasmPaths;
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  } catch (cause) {
    throw new CsiError('model-invalid', `${id}/encoder.onnx: onnxruntime-web does not load it`, { cause });
  }
  if (!session.inputNames.includes(name)) {
    const found = session.inputNames.join(', ');
    await session.release();
    throw new CsiError('model-invalid', `${id}/encoder.onnx: takes ${found}, the manifest asks for ${name}`);
  }
  let closing: Promise<void> | undefined;
  return {
    async encode({ values: input }) {
      const { latent } = await session.run({ [name]: new Tensor('float32', input, [1, ...dims]) });
      const values = latent?.data;
      if (!(values instanceof Float32Array) || values.length !== codeword.length) {
        throw new CsiError(
          'model-invalid',
          `${id}/encoder.onnx: no float32 output "latent" of ${codeword.length} values`,
        );
      }
      return { domain: 'latent', values };
    },
    close() {
      closing ??= session.release();
      return closing;
    },
  };
}
