import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import type { ExecutionProvider, Graph } from './graph.ts';
import { requireVulkanLoader } from './vulkan-loader.ts';

/** How a graph uses the CPU. */
export interface OrtGraphOptions {
  readonly intraOpNumThreads: number;
}

/**
 * Loads an ONNX file with onnxruntime-node. Runs block the calling thread.
 *
 * @throws Error, onnxruntime's own, where the provider is not there or the file is no model.
 */
export async function openOrtGraph(
  onnx: Uint8Array,
  provider: ExecutionProvider,
  { intraOpNumThreads }: OrtGraphOptions,
): Promise<Graph> {
  const session = await openOrtSession(onnx, provider, { intraOpNumThreads });
  const { inputNames } = session;
  return {
    inputNames,
    run: async (inputs, output) => {
      const feeds: Record<string, Tensor> = {};
      for (const [name, { values, dims }] of Object.entries(inputs)) {
        if (inputNames.includes(name)) feeds[name] = new Tensor('float32', values, dims);
      }
      const results = await session.run(feeds, [output]);
      return (results[output] as Tensor).data as Float32Array;
    },
    release: () => session.release(),
  };
}

/** @throws Error, onnxruntime's own, where the provider is not there or the file is no model. */
export async function openOrtSession(
  onnx: Uint8Array,
  provider: ExecutionProvider,
  { intraOpNumThreads }: OrtGraphOptions,
): Promise<InferenceSession> {
  // A provider that is not there is an expected answer, which comes back as an exception too.
  env.logLevel = 'fatal';
  if (provider === 'webgpu') requireVulkanLoader();
  return InferenceSession.create(onnx, {
    executionProviders: [provider],
    graphOptimizationLevel: 'all',
    intraOpNumThreads,
    interOpNumThreads: 1,
    // Spinning between runs would take the core from whoever feeds the decoder.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
}
