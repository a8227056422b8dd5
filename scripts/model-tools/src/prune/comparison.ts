import path from 'node:path';
import type { CsiSource } from '@edge-csi/csi/files';
import { type EncodeLatency, measureAccuracy, measureEncodeLatency, type NetworkAccuracyRun } from '@edge-csi/lab';
import { sampleCount } from '@edge-csi/lab/data';
import { latencyBackends } from '@edge-csi/lab/encoder-backend';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { type EncoderCost, encoderCost } from './pruned-encoder.ts';

/** A model's accuracy and cost, all figures of one run. */
export interface ComparedModel extends EncoderCost {
  readonly model: string;
  readonly codewordLength: number;
  readonly decoderBytes: number;
  readonly accuracy: NetworkAccuracyRun;
  readonly latencyMs: EncodeLatency['latencyMs'];
}

export interface CompareOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly source: CsiSource;
  readonly samples: number | undefined;
  readonly onProgress: (done: number) => void;
}

/** Measures one model of a zoo, accuracy over the whole link and time per encoder backend. */
export async function measureModel(options: CompareOptions): Promise<ComparedModel> {
  const { manifest, zoo, source, onProgress } = options;
  const bundle = await loadModel(path.join(zoo, manifest.id), ['encoder']);
  const samples = sampleCount(source, options.samples);
  const { environments: _, ...accuracy } = await measureAccuracy({ manifest, zoo, source, samples, onProgress });
  const { latencyMs } = await measureEncodeLatency({ manifest, zoo, source, samples });
  return {
    model: manifest.id,
    codewordLength: manifest.codeword.length,
    ...encoderCost(bundle),
    decoderBytes: manifest.files.decoder.bytes,
    accuracy,
    latencyMs,
  };
}

/** Columns of the comparison. */
export const comparisonHeader = [
  'model',
  'M',
  'NMSE dB',
  '|H| dB, float codeword',
  'bits',
  'codeword',
  'parameters',
  'encoder bytes',
  'MACs',
  'decoder bytes',
  ...latencyBackends.map((name) => `${name} us`),
];

/** The row of one model; times are medians of a whole report, from CSI to payload. */
export function comparisonRow(compared: ComparedModel): string[] {
  const { accuracy, latencyMs } = compared;
  const count = (value: number) => value.toLocaleString('en');
  return [
    compared.model,
    String(compared.codewordLength),
    accuracy.nmseDb.toFixed(2),
    accuracy.floatMagnitudeNmseDb?.toFixed(2) ?? '-',
    accuracy.payloadBits.mean.toFixed(0),
    (accuracy.payloadBits.codeword ?? 0).toFixed(0),
    ...[compared.parameters, compared.bytes, compared.macs, compared.decoderBytes].map(count),
    ...latencyBackends.map((name) => (1000 * (latencyMs[name]?.p50 ?? Number.NaN)).toFixed(0)),
  ];
}
