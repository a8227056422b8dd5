import { isComplexModel, isPathModel, type ReportBundle, type ReportManifest, requireNetworks } from '@edge-csi/models';
import { openEncoder, type ReportEncoder } from '@edge-csi/ue-client';

/** What makes a report, from CSI to payload. */
export const latencyBackends = ['ort', 'micro', 'micro-float32'] as const;

export type LatencyBackend = (typeof latencyBackends)[number];

/** The backends that differ for a model: path reports have no weights, and are made in WebAssembly whatever is chosen. */
export function backendsOf(manifest: ReportManifest): readonly LatencyBackend[] {
  if (isComplexModel(manifest)) return ['ort'];
  return isPathModel(manifest) ? ['micro'] : latencyBackends;
}

/** Gets a model's encoder ready. Only the code of the backend chosen is loaded. */
export async function openBackend(backend: LatencyBackend, bundle: ReportBundle): Promise<ReportEncoder> {
  if (backend !== 'micro-float32') return openEncoder(backend, bundle);
  const { createMicroEncoder } = await import('@edge-csi/ue-client/micro');
  return createMicroEncoder(requireNetworks(bundle), { weights: 'float32' });
}
