import type { BatchBuffers } from './batch-buffers.ts';
import type { Graph } from './graph.ts';
import { ModelDecoder } from './model-decoder.ts';
import { createRefine } from './refine.ts';
import type { WorkerModel } from './thread-port.ts';
import { UplinkOnlyDecoder } from './uplink-only-decoder.ts';

/** A model whose networks are loaded. */
export interface LoadedModel {
  decode(batch: BatchBuffers, count: number): Promise<void>;
  /** Decodes a batch of zeros. */
  warmUp(count: number): Promise<void>;
  /** How far its codewords are from those of its training, in nats, where that can be told. */
  readonly codewordDrift: number | undefined;
  /** Frees the networks. */
  release(): Promise<void>;
}

/**
 * Loads the networks of a model.
 *
 * @param openGraph - loads one network
 * @throws what `openGraph` throws, with nothing left loaded.
 */
export async function openModel(
  model: WorkerModel,
  openGraph: (onnx: Uint8Array) => Promise<Graph>,
  maxBatchSize: number,
): Promise<LoadedModel> {
  const graphs: Graph[] = [];
  const open = async (onnx: Uint8Array) => {
    const graph = await openGraph(onnx);
    graphs.push(graph);
    return graph;
  };
  const release = async () => {
    for (const graph of graphs.splice(0)) await graph.release();
  };
  try {
    const decoder = await openDecoder(model, open, maxBatchSize);
    return {
      decode: (batch, count) => decoder.decode(batch, count),
      warmUp: (count) => decoder.warmUp(count),
      get codewordDrift() {
        return decoder instanceof ModelDecoder ? decoder.codewordDrift : undefined;
      },
      release,
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function openDecoder(
  model: WorkerModel,
  open: (onnx: Uint8Array) => Promise<Graph>,
  maxBatchSize: number,
): Promise<ModelDecoder | UplinkOnlyDecoder> {
  const decoder = await open(model.decoderOnnx);
  if ('downlinkOverUplink' in model) return new UplinkOnlyDecoder(model, decoder, maxBatchSize);
  const refine = model.refinerOnnx === undefined ? undefined : createRefine(await open(model.refinerOnnx));
  return new ModelDecoder(model, decoder, refine, maxBatchSize);
}
