/**
 * The encoder that runs a model's networks with onnxruntime-web.
 *
 * @module @edge-csi/ue-client/ort
 */
import {
  CsiError,
  createPayloadEncoder,
  createUeCodec,
  type Network,
  type NetworkSpec,
  type Networks,
} from '@edge-csi/csi';
import type { ModelBundle, ModelFile } from '@edge-csi/models';
import { env, InferenceSession, Tensor } from '#ort';
import type { ReportEncoder } from '../report-encoder.ts';

/** Where onnxruntime-web finds its files. */
export interface OrtOptions {
  /**
   * URL prefix of onnxruntime-web's .wasm and .mjs files, for browsers: serve them from your own origin. It holds for
   * the whole page and counts only before the first encoder is made.
   */
  readonly wasmPaths?: string;
}

/** Networks that onnxruntime-web has loaded. */
export interface OrtNetworks {
  readonly networks: Networks;
  /** Releases them. Safe to call again. */
  close(): Promise<void>;
}

/**
 * Makes an encoder that runs a model's networks with onnxruntime-web on the CPU, one thread.
 *
 * @throws CsiError `model-invalid` where the bundle has no encoder, its graph is not one, or takes another input than
 * the manifest says
 */
export async function createOrtEncoder(bundle: ModelBundle, options: OrtOptions = {}): Promise<ReportEncoder> {
  const { networks, close } = await openOrtNetworks(bundle, createUeCodec(bundle.codec).networks, options);
  const encoder = createPayloadEncoder(bundle.codec, networks);
  return { encode: (csi, rate) => encoder.encode(csi, rate), close };
}

/** Loads networks of a model. @throws CsiError `model-invalid` as `createOrtEncoder` */
export async function openOrtNetworks(
  bundle: ModelBundle,
  specs: readonly NetworkSpec[],
  options: OrtOptions = {},
): Promise<OrtNetworks> {
  // Threads would need cross-origin isolation in a browser and gain nothing at this size.
  env.wasm.numThreads = 1;
  if (options.wasmPaths !== undefined) env.wasm.wasmPaths = options.wasmPaths;
  const sessions: InferenceSession[] = [];
  const networks: Record<string, Network> = {};
  for (const spec of specs) {
    const session = await openSession(bundle, spec);
    sessions.push(session);
    networks[spec.name] = networkOf(session, `${bundle.manifest.id}/${spec.name}.onnx`);
  }
  let closing: Promise<unknown> | undefined;
  const close = async () => {
    closing ??= Promise.all(sessions.map((session) => session.release()));
    await closing;
  };
  return { networks, close };
}

async function openSession({ manifest, files }: ModelBundle, { name, input }: NetworkSpec): Promise<InferenceSession> {
  const file = `${manifest.id}/${name}.onnx`;
  const bytes = files.get(name as ModelFile);
  if (bytes === undefined)
    throw new CsiError('model-invalid', `${manifest.id}: the bundle was loaded without ${name}.onnx`);
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  } catch (cause) {
    throw new CsiError('model-invalid', `${file}: onnxruntime-web does not load it`, { cause });
  }
  if (session.inputNames.includes(input)) return session;
  const found = session.inputNames.join(', ');
  await session.release();
  throw new CsiError('model-invalid', `${file}: takes ${found}, the manifest asks for ${input}`);
}

function networkOf(session: InferenceSession, file: string): Network {
  return {
    async run(inputs, output) {
      const feeds = session.inputNames.flatMap((name) => {
        const tensor = inputs[name];
        return tensor === undefined ? [] : [[name, new Tensor('float32', tensor.values, tensor.dims)] as const];
      });
      const values = (await session.run(Object.fromEntries(feeds)))[output]?.data;
      if (values instanceof Float32Array) return values;
      throw new CsiError('model-invalid', `${file}: no float32 output "${output}"`);
    },
  };
}
