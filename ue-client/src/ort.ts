/**
 * The encoder that runs a model's networks with onnxruntime-web.
 *
 * @module @edge-csi/ue-client/ort
 */
import { CsiError, createUeCodec, type Network, type NetworkSpec, type Networks } from '@edge-csi/csi';
import {
  explainRefusal,
  isPathModel,
  type ModelFile,
  networkNamesOf,
  type ReportBundle,
  requireRunnable,
} from '@edge-csi/models';
import { loadRuntime } from '#platform';
import type { ReportEncoder } from './report-encoder.ts';

type Runtime = Awaited<ReturnType<typeof loadRuntime>>;
type Session = Awaited<ReturnType<Runtime['InferenceSession']['create']>>;

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
 * the manifest says; `dependency-missing` where onnxruntime-web is not installed, or a file of it does not load
 */
export async function createOrtEncoder(bundle: ReportBundle, options: OrtOptions = {}): Promise<ReportEncoder> {
  const codec = createUeCodec(bundle.codec);
  const { networks, close } = await openOrtNetworks(bundle, codec.networks, options);
  const encoder = codec.createEncoder(networks);
  return { encode: (csi, rate) => encoder.encode(csi, rate), close };
}

/** Loads networks of a model. @throws CsiError as `createOrtEncoder` */
export async function openOrtNetworks(
  bundle: ReportBundle,
  specs: readonly NetworkSpec[],
  options: OrtOptions = {},
): Promise<OrtNetworks> {
  const runtime = await loadRuntime().catch((cause: unknown) => {
    const way = "npm install onnxruntime-web, or take the encoder 'micro', which needs none";
    throw new CsiError('dependency-missing', `onnxruntime-web does not load: ${way}`, { cause });
  });
  const { env } = runtime;
  // Threads would need cross-origin isolation in a browser and gain nothing at this size.
  env.wasm.numThreads = 1;
  if (options.wasmPaths !== undefined) env.wasm.wasmPaths = options.wasmPaths;
  const sessions: Session[] = [];
  const networks: Record<string, Network> = {};
  for (const spec of specs) {
    const session = await openSession(runtime, bundle, spec);
    sessions.push(session);
    networks[spec.name] = networkOf(runtime, session, `${bundle.manifest.id}/${spec.name}.onnx`);
  }
  let closing: Promise<unknown> | undefined;
  const close = async () => {
    closing ??= Promise.all(sessions.map((session) => session.release()));
    await closing;
  };
  return { networks, close };
}

async function openSession(runtime: Runtime, bundle: ReportBundle, { name }: NetworkSpec): Promise<Session> {
  const { id } = bundle.manifest;
  const file = `${id}/${name}.onnx`;
  const bytes = bundle.files.get(name as ModelFile);
  if (bytes === undefined) throw new CsiError('model-invalid', `${id}: the bundle was loaded without ${name}.onnx`);
  // Fetched from a BS, it has been through no other check; the runtime would look for weights of another file in a place of its own.
  const names = isPathModel(bundle.manifest) ? undefined : networkNamesOf(bundle.manifest, name as 'encoder');
  requireRunnable(bytes, file, { batches: false, ...(names && { names }) });
  return open(runtime, bytes).catch(async (cause: unknown) => {
    await requireStarted(runtime, cause);
    const why = cause instanceof Error ? `: ${explainRefusal(cause.message)}` : '';
    throw new CsiError('model-invalid', `${file}: onnxruntime-web does not load it${why}`, { cause });
  });
}

const open = ({ InferenceSession }: Runtime, bytes: Uint8Array) =>
  InferenceSession.create(bytes, { executionProviders: ['wasm'] });

/** A graph whose one node is Identity. */
const identity = 'CAc6LwoQCgF4EgF5IghJZGVudGl0eRIBZ1oLCgF4EgYKBAgBEgBiCwoBeRIGCgQIARIAQgIQDQ==';

/** @throws CsiError `dependency-missing` where no graph loads: a fault of the runtime's files and not of the model's */
async function requireStarted(runtime: Runtime, cause: unknown): Promise<void> {
  try {
    const session = await open(
      runtime,
      Uint8Array.from(atob(identity), (character) => character.charCodeAt(0)),
    );
    await session.release();
  } catch {
    const { wasmPaths } = runtime.env.wasm;
    const place = typeof wasmPaths === 'string' ? wasmPaths : 'beside its code: serve it, and say where with wasmPaths';
    throw new CsiError(
      'dependency-missing',
      `onnxruntime-web does not start: ort-wasm-simd-threaded.wasm, or .mjs, does not load from ${place}`,
      { cause },
    );
  }
}

function networkOf({ Tensor }: Runtime, session: Session, file: string): Network {
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
