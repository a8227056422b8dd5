import path from 'node:path';
import type { ExecutionProvider } from '@edge-csi/bs-server';
import { type Graph, openOrtGraph } from '@edge-csi/bs-server/decode';
import { createBsCodec } from '@edge-csi/csi';
import type { Manifest, ModelFile } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { monotonicMs } from '../metrics/latency.ts';

/** A model's networks at the BS on tensors of zeros, without anything around them. */
export interface RawDecoder {
  /** Runs one batch. */
  once(): Promise<void>;
  close(): Promise<void>;
}

export interface RawDecoderOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  /** Runs those networks too that the codec could do without. */
  readonly refine: boolean;
}

/** Opens a model's decoder, on one thread where it runs on the CPU. */
export async function openRawDecoder(options: RawDecoderOptions): Promise<RawDecoder> {
  const { manifest, batchSize, provider, refine } = options;
  const bundle = await loadModel(path.join(options.zoo, manifest.id), ['decoder', 'refiner']);
  const codec = createBsCodec(bundle.codec);
  const graphs: Record<string, Graph> = {};
  for (const { name, optional } of codec.networks) {
    if (optional && !refine) continue;
    const onnx = bundle.files.get(name as ModelFile) as Uint8Array;
    graphs[name] = await openOrtGraph(onnx, provider, { intraOpNumThreads: 1 });
  }
  const decoder = codec.createDecoder(graphs, batchSize);
  return {
    once: () => decoder.warmUp(batchSize),
    close: async () => {
      for (const graph of Object.values(graphs)) await graph.release();
    },
  };
}

/** Reports per second over about `seconds`, after a warm-up. @throws AbortError where the signal is aborted. */
export async function rawReportsPerSecond(
  decoder: RawDecoder,
  batchSize: number,
  seconds: number,
  signal: AbortSignal,
): Promise<number> {
  for (let i = 0; i < 5; i++) await decoder.once();
  const startMs = monotonicMs();
  let reports = 0;
  while (monotonicMs() - startMs < seconds * 1000) {
    signal.throwIfAborted();
    await decoder.once();
    reports += batchSize;
  }
  return (reports * 1000) / (monotonicMs() - startMs);
}
