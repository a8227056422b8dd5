import { CsiError, type Tensor as FloatTensor } from '@edge-csi/csi';
import { explainRefusal, fromFloat16 } from '@edge-csi/models';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { ExecutionProvider, Graph } from './graph.ts';

/** How a graph uses the CPU. */
export interface OrtGraphOptions {
  readonly intraOpNumThreads: number;
}

/**
 * Loads an ONNX file with onnxruntime-node. Runs block the calling thread.
 *
 * @throws Error, with what onnxruntime says, where the provider is not there or the file is no model.
 */
export async function openOrtGraph(
  onnx: Uint8Array,
  provider: ExecutionProvider,
  options: OrtGraphOptions,
): Promise<Graph> {
  const session = await openSession(onnx, provider, options);
  return {
    inputNames: session.inputNames,
    run: async (inputs, output) => {
      const results = await session.run(feedsOf(session, inputs), [output]);
      return (results[output] as Tensor).data as Float32Array;
    },
    release: () => session.release(),
  };
}

/** A loaded network, looked at through all of its outputs. */
export interface OrtProbe {
  readonly inputNames: readonly string[];
  /**
   * Runs the network on the CPU and returns every output by name, integers as floats. Inputs it does not take are left out.
   *
   * @throws CsiError `model-invalid`, naming the file, where an input is missing or of another shape.
   */
  run(inputs: Readonly<Record<string, FloatTensor>>): Promise<ReadonlyMap<string, FloatTensor>>;
  release(): Promise<void>;
}

/**
 * Loads an ONNX file to look at what it computes.
 *
 * @param file - its name, for messages
 * @throws CsiError `model-invalid`, naming the file, where it is no model or has an operator that onnxruntime does not.
 */
export async function openOrtProbe(onnx: Uint8Array, file: string): Promise<OrtProbe> {
  const fail = (cause: unknown) => {
    throw new CsiError('model-invalid', `${file}: ${(cause as Error).message}`, { cause });
  };
  const session = await openSession(onnx, 'cpu', { intraOpNumThreads: 1 }).catch(fail);
  return {
    inputNames: session.inputNames,
    run: async (inputs) => {
      const outputs = Object.entries(await session.run(feedsOf(session, inputs)).catch(fail));
      return new Map(outputs.map(([name, tensor]) => [name, { values: toFloat32(tensor), dims: tensor.dims }]));
    },
    release: () => session.release(),
  };
}

/** Batch sizes that networks are warmed up for: powers of two below the largest, and that. */
export function batchBuckets(maxBatchSize: number): number[] {
  const buckets: number[] = [];
  for (let size = 1; size < maxBatchSize; size *= 2) buckets.push(size);
  return [...buckets, maxBatchSize];
}

/**
 * A graph that runs batches of the given sizes only, smaller ones being filled up with zeros. A GPU compiles its kernels anew for
 * every shape it has not seen, which takes it longer than the rows that are decoded for nothing.
 *
 * @param buckets - ascending; the last one holds the largest batch
 */
export function onBuckets(graph: Graph, buckets: readonly number[]): Graph {
  return {
    inputNames: graph.inputNames,
    run: async (inputs, output) => {
      let rows = 0;
      let bucket = 0;
      const padded = Object.entries(inputs).map(([name, { values, dims }]) => {
        const [count = 0, ...row] = dims;
        rows = count;
        bucket = buckets.find((size) => size >= count) ?? count;
        if (bucket === count) return [name, { values, dims }] as const;
        const filled = new Float32Array((values.length / count) * bucket);
        filled.set(values);
        return [name, { values: filled, dims: [bucket, ...row] }] as const;
      });
      const results = await graph.run(Object.fromEntries(padded), output);
      return bucket === rows ? results : results.subarray(0, (results.length / bucket) * rows);
    },
    release: () => graph.release(),
  };
}

/** @throws Error, onnxruntime's own, where the provider is not there or the file is no model. */
async function openSession(
  onnx: Uint8Array,
  provider: ExecutionProvider,
  { intraOpNumThreads }: OrtGraphOptions,
): Promise<InferenceSession> {
  // A provider that is not there is an expected answer, which comes back as an exception too.
  env.logLevel = 'fatal';
  if (provider === 'webgpu') requireVulkanLoader();
  const opening = InferenceSession.create(onnx, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads,
    interOpNumThreads: 1,
    // Spinning between runs would take the core from whoever feeds the decoder.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  return opening.catch((cause: Error) => {
    throw new Error(explainRefusal(cause.message), { cause });
  });
}

/** Those of the inputs that the network takes. */
function feedsOf(
  { inputNames }: InferenceSession,
  inputs: Readonly<Record<string, FloatTensor>>,
): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { values, dims }] of Object.entries(inputs)) {
    if (inputNames.includes(name)) feeds[name] = new Tensor('float32', values, dims);
  }
  return feeds;
}

function toFloat32({ type, data }: Tensor): Float32Array {
  if (type === 'float32') return data as Float32Array;
  if (type === 'float16') return Float32Array.from(data as Uint16Array, fromFloat16);
  return Float32Array.from(data as ArrayLike<number | bigint>, Number);
}

const vulkanLoader = 'libvulkan.so.1';

/**
 * Checks that the Vulkan loader is installed, which WebGPU needs on Linux: without it onnxruntime writes to stderr past
 * the log before it fails.
 *
 * @throws Error with the dynamic linker's reason.
 */
function requireVulkanLoader(): void {
  if (process.platform !== 'linux') return;
  try {
    process.dlopen({ exports: {} }, vulkanLoader);
  } catch (error) {
    // A library that loads is no Node addon, which is an error too, and the answer looked for.
    const { message } = error as Error;
    if (message.startsWith(vulkanLoader)) throw new Error(`the Vulkan loader is missing: ${message}`, { cause: error });
  }
}
