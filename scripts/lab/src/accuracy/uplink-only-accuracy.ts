import path from 'node:path';
import { openOrtGraph } from '@edge-csi/bs-server/decode';
import { CsiError, createUplinkOnly, frobeniusNorm, magnitudeErrorRatio, nmseDb } from '@edge-csi/csi';
import type { UplinkOnlyManifest } from '@edge-csi/models';
import { loadUplinkOnlyModel } from '@edge-csi/models/disk';
import { requireUplink, sampleCount } from '../data.ts';
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
  requireUplink(source, `${manifest.id} estimates from nothing else`);
  const samples = sampleCount(source, options.samples);
  const bundle = await loadUplinkOnlyModel(path.join(options.zoo, manifest.id));
  const graph = await openOrtGraph(bundle.decoder, 'cpu', { intraOpNumThreads: 1 });
  const decoder = createUplinkOnly(bundle.codec).createDecoder({ decoder: graph }, batchSize);
  const numEntries = manifest.csi.numAntennas * manifest.csi.numDelays;
  const errors: number[] = [];
  const floatErrors: number[] = [];

  for (const { start, batch } of batches(source, samples, options.signal)) {
    const rows = batch.map(({ uplink }) => ({
      record: new Uint8Array(),
      uplink: uplink?.values,
      estimate: new Float32Array(2 * numEntries),
    }));
    const statuses = await decoder.decode(rows);
    for (const [i, { downlink }] of batch.entries()) {
      if (statuses[i] !== 'decoded') {
        throw new CsiError('model-invalid', `${manifest.id}: there is no estimate of sample ${start + i}`);
      }
      const magnitude = (rows[i] as (typeof rows)[number]).estimate.slice(0, numEntries);
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
