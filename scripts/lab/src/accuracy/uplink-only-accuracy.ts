import path from 'node:path';
import { BatchBuffers, openOrtGraph, UplinkOnlyDecoder, uplinkOnlyDecoderModelOf } from '@edge-csi/bs-server/decode';
import { CsiError, frobeniusNorm, magnitudeErrorRatio, nmseDb } from '@edge-csi/csi';
import type { UplinkOnlyManifest } from '@edge-csi/models';
import { loadUplinkOnlyModel } from '@edge-csi/models/disk';
import { sampleCount } from '../data.ts';
import { batchSize } from '../link/transceiver.ts';
import { type AccuracyOptions, batches } from './accuracy.ts';

/**
 * Accuracy of one uplink-only model on one data set, with the code the BS runs. It has no phases, so there is no complex
 * NMSE and no cosine similarity: figures are of the magnitude, as with perfect phase.
 */
export interface UplinkOnlyRun {
  readonly model: string;
  readonly samples: number;
  /** Nothing is sent. */
  readonly payloadBits: { readonly mean: 0; readonly codeword: 0; readonly phase: 0; readonly scale: 0 };
  /** Magnitude NMSE of estimates as published, scaled by the uplink's norm. */
  readonly magnitudeNmseDb: number;
  /** Magnitude NMSE with the downlink's true norm: the literature's figure. */
  readonly floatMagnitudeNmseDb: number;
}

export interface UplinkOnlyOptions
  extends Pick<AccuracyOptions, 'zoo' | 'source' | 'samples' | 'signal' | 'onProgress'> {
  readonly manifest: UplinkOnlyManifest;
}

/** Measures one uplink-only model, on the CPU, one thread. */
export async function measureUplinkOnly(options: UplinkOnlyOptions): Promise<UplinkOnlyRun> {
  const { manifest, source } = options;
  const samples = sampleCount(source, options.samples);
  const model = uplinkOnlyDecoderModelOf(await loadUplinkOnlyModel(path.join(options.zoo, manifest.id)));
  const graph = await openOrtGraph(model.decoderOnnx, 'cpu', { intraOpNumThreads: 1 });
  const decoder = new UplinkOnlyDecoder(model, graph, batchSize);
  const { maxEntries } = model.sizes;
  const buffers = new BatchBuffers({ maxBatchSize: batchSize, ...model.sizes });
  const errors: number[] = [];
  const floatErrors: number[] = [];

  for (const { start, batch } of batches(source, samples, options.signal)) {
    for (const [i, { uplink }] of batch.entries()) buffers.writeUplink(i, uplink.values);
    await decoder.decode(buffers, batch.length);
    for (const [i, { downlink }] of batch.entries()) {
      if (buffers.status(i) !== 'decoded') {
        throw new CsiError('model-invalid', `${manifest.id}: there is no estimate of sample ${start + i}`);
      }
      const magnitude = buffers.estimate(i, maxEntries).slice(0, maxEntries);
      errors.push(magnitudeErrorRatio(downlink.values, magnitude));
      const toTrueNorm = frobeniusNorm(downlink.values) / decoder.normOf(i);
      floatErrors.push(
        magnitudeErrorRatio(
          downlink.values,
          magnitude.map((value) => toTrueNorm * value),
        ),
      );
    }
    options.onProgress(start + batch.length);
  }
  await graph.release();
  return {
    model: manifest.id,
    samples,
    payloadBits: { mean: 0, codeword: 0, phase: 0, scale: 0 },
    magnitudeNmseDb: nmseDb(errors),
    floatMagnitudeNmseDb: nmseDb(floatErrors),
  };
}
