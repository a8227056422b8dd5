import { fileURLToPath } from 'node:url';
import { type AngularDelayCsi, assertUsable, CsiError } from '@edge-csi/csi';
import { type CsiSource, type CsiSourceOptions, openCsiSource } from '@edge-csi/csi/files';
import type { AnyManifest } from '@edge-csi/models';

/** The shipped sample: 1,024 samples of the COST 2100 indoor test split, as a path list. */
export const sampleData = fileURLToPath(new URL('../data/cost2100-indoor-test-1024.npz', import.meta.url));

/** Which file to read, and as what. Plain data, so that it can be handed to a worker. */
export interface DataOptions {
  readonly path: string;
  readonly csi: CsiSourceOptions;
}

/** How a model wants a data file read. */
export function dataFor(manifest: AnyManifest, path: string, uplinkPath?: string): DataOptions {
  return { path, csi: uplinkPath === undefined ? manifest.csi : { ...manifest.csi, uplinkPath } };
}

/**
 * One sample of a data file, checked.
 *
 * @throws CsiError `file-format` where the file has no such band, `csi-invalid` naming file, band and sample where the
 * matrix is of no use.
 */
export function usableSample(source: CsiSource, band: 'downlink' | 'uplink', index: number): AngularDelayCsi {
  const csi = source[band](index);
  if (csi === undefined) {
    throw new CsiError('file-format', `${source.name} has no uplink CSI; name its file with --uplink`);
  }
  try {
    assertUsable(csi);
  } catch (cause) {
    if (!(cause instanceof CsiError)) throw cause;
    throw new CsiError(cause.code, `${source.name}: ${band} of sample ${index}: ${cause.message}`, { cause });
  }
  return csi;
}

/** Opens a data file. */
export async function openData(options: DataOptions): Promise<CsiSource> {
  return openCsiSource(options.path, options.csi);
}
