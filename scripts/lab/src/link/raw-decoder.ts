import path from 'node:path';
import type { ExecutionProvider } from '@edge-csi/bs-server';
import { openOrtGraph } from '@edge-csi/bs-server/decode';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { monotonicMs } from '../metrics/latency.ts';

/** A model's networks at the BS on ready-made tensors, without anything around them. */
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
  /** Runs the refiner too, where the model has one. */
  readonly refine: boolean;
}

/** Opens a model's decoder, on one thread where it runs on the CPU. */
export async function openRawDecoder(options: RawDecoderOptions): Promise<RawDecoder> {
  const { manifest, batchSize: batch, provider } = options;
  const { files, representation } = await loadModel(path.join(options.zoo, manifest.id), ['decoder', 'refiner']);
  const { numAntennas, numDelays } = manifest.csi;
  const { tensor, numComponents } = representation;
  const filled = (...dims: number[]) => ({
    values: new Float32Array(dims.reduce((product, dim) => product * dim, batch)).fill(0.01),
    dims: [batch, ...dims],
  });
  const decoder = await openOrtGraph(files.get('decoder') as Uint8Array, provider, { intraOpNumThreads: 1 });
  const refinerOnnx = options.refine ? files.get('refiner') : undefined;
  const refiner = refinerOnnx && (await openOrtGraph(refinerOnnx, provider, { intraOpNumThreads: 1 }));
  const latent = filled(manifest.codeword.length);
  const cell = filled(manifest.codeword.length);
  const uplink = filled(...tensor.dims);
  const bits = filled(...tensor.dims);
  const estimate = filled(2, numAntennas, numDelays);
  return {
    once: async () => {
      const values = await decoder.run({ latent, cell, uplink }, tensor.name);
      if (values.length !== batch * numComponents) throw new RangeError(`decoder returned ${values.length} values`);
      await refiner?.run({ estimate, magnitude: { values, dims: uplink.dims }, bits, uplink }, 'csi');
    },
    close: async () => {
      await decoder.release();
      await refiner?.release();
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
