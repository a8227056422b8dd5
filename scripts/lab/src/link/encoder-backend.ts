import type { ModelBundle } from '@edge-csi/models';
import { openEncoder, type ReportEncoder } from '@edge-csi/ue-client';

/** What makes a report, from CSI to payload. */
export const latencyBackends = ['ort', 'micro', 'micro-float32'] as const;

export type LatencyBackend = (typeof latencyBackends)[number];

/** A value for each backend. */
export function byBackend<T>(value: (backend: LatencyBackend) => T): Record<LatencyBackend, T> {
  return { ort: value('ort'), micro: value('micro'), 'micro-float32': value('micro-float32') };
}

/** Gets a model's encoder ready. Only the code of the backend chosen is loaded. */
export async function openBackend(backend: LatencyBackend, bundle: ModelBundle): Promise<ReportEncoder> {
  if (backend !== 'micro-float32') return openEncoder(backend, bundle);
  const { createMicroEncoder } = await import('@edge-csi/ue-client/micro');
  return createMicroEncoder(bundle, { weights: 'float32' });
}
