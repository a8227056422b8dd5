import path from 'node:path';
import { createUeCodec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { type ReportEncoder, warmUp } from '@edge-csi/ue-client';
import { usableSample } from '../data.ts';
import { type LatencySummary, monotonicMs, summarizeLatency } from '../metrics/latency.ts';
import { byBackend, type LatencyBackend, latencyBackends, openBackend } from './encoder-backend.ts';

/** Time of one report at the UE, warm, of one model, by backend: all on the same samples, in turn. */
export interface EncodeLatency {
  readonly latencyMs: Readonly<Record<LatencyBackend, LatencySummary>>;
  /** p50 of ort over p50 of the backend. */
  readonly speedup: Readonly<Record<LatencyBackend, number>>;
}

export interface EncodeLatencyOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly source: CsiSource;
  readonly samples: number;
  /** Cuts the measurement short, which then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const warmUpRuns = 300;

/** @throws AbortError where the signal is aborted. */
export async function measureEncodeLatency(options: EncodeLatencyOptions): Promise<EncodeLatency> {
  const { manifest, zoo, source, samples, signal } = options;
  const bundle = await loadModel(path.join(zoo, manifest.id), ['encoder']);
  const encoders: { readonly name: LatencyBackend; readonly encoder: ReportEncoder }[] = [];
  for (const name of latencyBackends) encoders.push({ name, encoder: await openBackend(name, bundle) });
  const times = byBackend((): number[] => []);
  try {
    for (const { encoder } of encoders) await warmUp(encoder, createUeCodec(bundle.codec), warmUpRuns);
    for (let sample = 0; sample < samples; sample++) {
      signal?.throwIfAborted();
      const csi = usableSample(source, 'downlink', sample);
      for (const { name, encoder } of encoders) {
        const startMs = monotonicMs();
        await encoder.encode(csi, {});
        times[name].push(monotonicMs() - startMs);
      }
    }
  } finally {
    for (const { encoder } of encoders) await encoder.close();
  }
  const latencyMs = byBackend((name) => summarizeLatency(times[name]));
  return { latencyMs, speedup: byBackend((name) => latencyMs.ort.p50 / latencyMs[name].p50) };
}
