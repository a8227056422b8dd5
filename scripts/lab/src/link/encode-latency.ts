import path from 'node:path';
import { createUeCodec } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { ReportManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import { type ReportEncoder, warmUp } from '@edge-csi/ue-client';
import { usableSample } from '../data.ts';
import { type LatencySummary, monotonicMs, summarizeLatency } from '../metrics/latency.ts';
import { backendsOf, type LatencyBackend, openBackend } from './encoder-backend.ts';

/** Time of one report at the UE, warm, of one model, by backend: all on the same samples, in turn. */
export interface EncodeLatency {
  readonly latencyMs: Readonly<Partial<Record<LatencyBackend, LatencySummary>>>;
  /** p50 of ort over p50 of the backend, where there is both. */
  readonly speedup: Readonly<Partial<Record<LatencyBackend, number>>>;
}

export interface EncodeLatencyOptions {
  readonly manifest: ReportManifest;
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
  const bundle = await loadReportModel(path.join(zoo, manifest.id), ['encoder']);
  const encoders: { readonly name: LatencyBackend; readonly encoder: ReportEncoder; readonly timesMs: number[] }[] = [];
  for (const name of backendsOf(manifest)) {
    encoders.push({ name, encoder: await openBackend(name, bundle), timesMs: [] });
  }
  try {
    for (const { encoder } of encoders) await warmUp(encoder, createUeCodec(bundle.codec), warmUpRuns);
    for (let sample = 0; sample < samples; sample++) {
      signal?.throwIfAborted();
      const csi = usableSample(source, 'downlink', sample);
      for (const { encoder, timesMs } of encoders) {
        const startMs = monotonicMs();
        await encoder.encode(csi, {});
        timesMs.push(monotonicMs() - startMs);
      }
    }
  } finally {
    for (const { encoder } of encoders) await encoder.close();
  }
  const latencies = encoders.map(({ name, timesMs }) => [name, summarizeLatency(timesMs)] as const);
  const latencyMs: EncodeLatency['latencyMs'] = Object.fromEntries(latencies);
  const { ort } = latencyMs;
  const speedups = ort === undefined ? [] : latencies.map(([name, { p50 }]) => [name, ort.p50 / p50] as const);
  return { latencyMs, speedup: Object.fromEntries(speedups) };
}
