import path from 'node:path';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { openEncoder, warmUp } from '@edge-csi/ue-client';
import { createMicroEncoder } from '@edge-csi/ue-client/micro';
import { type DataOptions, openData, usableSample } from '../data.ts';
import { type LatencySummary, monotonicMs, summarizeLatency } from '../latency.ts';

/** What makes a report, from CSI to payload. */
export const latencyBackends = ['ort', 'micro', 'micro-float32'] as const;

type LatencyBackend = (typeof latencyBackends)[number];

/** Time of one report at the UE, warm, of one model, by backend: all on the same samples, in turn. */
export interface EncodeLatency {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly samples: number;
  readonly latencyMs: Readonly<Record<LatencyBackend, LatencySummary>>;
  /** p50 of ort over p50 of the backend. */
  readonly speedup: Readonly<Record<LatencyBackend, number>>;
}

export interface EncodeLatencyOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly samples: number | undefined;
}

const warmUpRuns = 300;

export async function measureEncodeLatency(options: EncodeLatencyOptions): Promise<EncodeLatency> {
  const { manifest, zoo } = options;
  const bundle = await loadModel(path.join(zoo, manifest.id), ['encoder']);
  const source = await openData(options.data);
  const samples = Math.min(options.samples ?? source.numSamples, source.numSamples);
  const encoders = {
    ort: await openEncoder('ort', bundle),
    micro: await openEncoder('micro', bundle),
    'micro-float32': await createMicroEncoder(bundle, { weights: 'float32' }),
  } as const;
  const config = { codewordTruncation: 0, phaseTheta: manifest.phase.theta };
  const times: Record<LatencyBackend, number[]> = { ort: [], micro: [], 'micro-float32': [] };
  for (const name of latencyBackends) await warmUp(encoders[name], manifest, warmUpRuns);
  for (let sample = 0; sample < samples; sample++) {
    const csi = usableSample(source, 'downlink', sample);
    for (const name of latencyBackends) {
      const startMs = monotonicMs();
      await encoders[name].encode(csi, config);
      times[name].push(monotonicMs() - startMs);
    }
  }
  for (const name of latencyBackends) await encoders[name].close();
  const latencyMs = byBackend((name) => summarizeLatency(times[name]));
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    samples,
    latencyMs,
    speedup: byBackend((name) => latencyMs.ort.p50 / latencyMs[name].p50),
  };
}

function byBackend<T>(value: (name: LatencyBackend) => T): Record<LatencyBackend, T> {
  return { ort: value('ort'), micro: value('micro'), 'micro-float32': value('micro-float32') };
}
