import { fileURLToPath } from 'node:url';
import { type AngularDelayCsi, assertUsable, CsiError } from '@edge-csi/csi';
import { type CsiDomain, type CsiSource, type CsiSourceOptions, openCsiSource } from '@edge-csi/csi/files';
import type { AnyManifest } from '@edge-csi/models';

/** The shipped sample: 1,024 samples of the COST 2100 indoor test split, as a path list. */
export const sampleData = fileURLToPath(new URL('../data/cost2100-indoor-test-1024.npz', import.meta.url));

/** Which file to read, and as what. Plain data, so that it can be handed to a worker. */
export interface DataOptions {
  readonly path: string;
  readonly csi: CsiSourceOptions;
}

/** What a command line says of the data; all but the file only where the file leaves it open. */
export interface DataFlags {
  readonly data: string;
  readonly uplink?: string;
  readonly variable?: string;
  readonly uplinkVariable?: string;
  readonly layout?: CsiDomain;
}

/** How a model wants the file of a command line read. */
export function dataFor({ csi }: Pick<AnyManifest, 'csi'>, flags: DataFlags): DataOptions {
  const { data, uplink, variable, uplinkVariable, layout } = flags;
  return {
    path: data,
    csi: {
      ...csi,
      ...(uplink !== undefined && { uplinkPath: uplink }),
      ...(variable !== undefined && { downlinkVariable: variable }),
      ...(uplinkVariable !== undefined && { uplinkVariable }),
      ...(layout !== undefined && { layout }),
    },
  };
}

/** How a command line names uplink CSI that a data file leaves open. */
const uplinkOptions = 'name its file with --uplink or its variable with --uplink-variable';

/**
 * One sample of a data file, checked.
 *
 * @param wayOut - what to do where there is no such band
 * @throws CsiError `file-format` where the file has no such band, `csi-invalid` naming file, band and sample where the
 * matrix is of no use.
 */
export function usableSample(
  source: CsiSource,
  band: 'downlink' | 'uplink',
  index: number,
  wayOut: string = uplinkOptions,
): AngularDelayCsi {
  const csi = source[band](index);
  if (csi === undefined) {
    throw new CsiError('file-format', `${source.name} has no uplink CSI that its name tells; ${wayOut}`);
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
