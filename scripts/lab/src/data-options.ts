import type { PlanarArray } from '@edge-csi/csi';
import type { CsiDomain, CsiScale, CsiSourceOptions } from '@edge-csi/csi/files';
import type { AnyManifest, ComplexManifest, Manifest, PathManifest } from '@edge-csi/models';
import { UsageError } from './usage-error.ts';

/** Which file to read, and as what. Plain data, so that it can be handed to a worker. */
export interface DataOptions {
  readonly path: string;
  readonly csi: CsiSourceOptions;
  readonly antennaErrors?: AntennaErrors;
}

/** Errors of antennas that nobody calibrated: constant, Gaussian, the same wherever the seed is. */
export interface AntennaErrors {
  readonly phaseRmsDeg: number;
  readonly gainRmsDb: number;
  readonly seed: number;
}

/** What a command line says of the data; all but the file only where the file leaves it open. */
export interface DataFlags {
  readonly data: string;
  readonly uplink?: string;
  readonly variable?: string;
  readonly uplinkVariable?: string;
  readonly layout?: CsiDomain;
  /** Elements along the axes of a planar array. */
  readonly array?: PlanarArray;
  readonly antennaErrors?: AntennaErrors;
  readonly scale?: CsiScale;
}

/** What data are read for: a model, or matrices without one. */
export type CsiTaker = Pick<AnyManifest, 'csi'> &
  Partial<Pick<PathManifest, 'id' | 'paths'>> & { readonly normalization?: AnyNormalization };
type AnyNormalization =
  | Manifest['normalization']
  | ComplexManifest['normalization']
  | { readonly kind: string; readonly downlinkOverUplinkDb: number };

/**
 * How a model wants the file of a command line read. A path model says its array; other models are of linear ones, and a view of no
 * model is of the array that the command line names.
 *
 * @throws UsageError where the command line names another array than the model's.
 */
export function dataFor(taker: CsiTaker, flags: DataFlags): DataOptions {
  const { data, uplink, variable, uplinkVariable, layout, antennaErrors, scale } = flags;
  const array = arrayOf(taker, flags.array);
  const normRangeDb = normRangeOf(taker);
  return {
    path: data,
    csi: {
      ...taker.csi,
      ...(array[1] !== 1 && { array }),
      ...(uplink !== undefined && { uplinkPath: uplink }),
      ...(variable !== undefined && { downlinkVariable: variable }),
      ...(uplinkVariable !== undefined && { uplinkVariable }),
      ...(layout !== undefined && { layout }),
      ...(scale !== undefined && { scale }),
      ...(normRangeDb && { normRangeDb }),
    },
    ...(antennaErrors !== undefined && { antennaErrors }),
  };
}

function arrayOf({ id, csi, paths }: CsiTaker, told: PlanarArray | undefined): PlanarArray {
  const linear = [csi.numAntennas, 1] as const;
  if (id === undefined) return told ?? linear;
  const own = paths?.antennas ?? linear;
  if (told === undefined || told.join() === own.join()) return own;
  const array = own[1] === 1 ? `a linear array of ${own[0]} antennas` : `an array of ${own.join(' x ')} antennas`;
  throw new UsageError(
    `--array is ${told.join('x')}, and ${id} is for ${array}; use --family paths where there is one, or write a model with: ` +
      `edge-csi models paths --array ${told.join('x')}`,
  );
}

/** How far below the largest entry that a normalisation without a norm knows a norm may be, before all entries are taken for none. */
const minmaxDepthDb = 60;

/** Norms that a model can report; undefined where it takes any. */
function normRangeOf({ csi, normalization }: CsiTaker): readonly [number, number] | undefined {
  if (normalization === undefined) return undefined;
  if ('scale' in normalization) {
    const { minDb, stepDb, bits } = normalization.scale;
    return [minDb, minDb + stepDb * (2 ** bits - 1)];
  }
  const max = largestOf(normalization);
  if (max === undefined) return undefined;
  const maxDb = 20 * Math.log10(max);
  return [maxDb - minmaxDepthDb, maxDb + 10 * Math.log10(csi.numAntennas * csi.numDelays)];
}

/** Largest entry that a normalisation without a norm is made for, linear. */
function largestOf(normalization: AnyNormalization): number | undefined {
  if ('downlink' in normalization) return normalization.downlink.max;
  if (!('gain' in normalization)) return undefined;
  const { centre, gain } = normalization;
  return Math.max(centre, 1 - centre) / gain;
}

/** The flags of a command line for another of its files: read alike, with an uplink of its own. */
export function flagsFor(file: string, given: Omit<DataFlags, 'data'>): DataFlags {
  const { variable, uplinkVariable, layout, scale, array, antennaErrors } = given;
  return {
    data: file,
    ...(variable !== undefined && { variable }),
    ...(uplinkVariable !== undefined && { uplinkVariable }),
    ...(layout !== undefined && { layout }),
    ...(scale !== undefined && { scale }),
    ...(array !== undefined && { array }),
    ...(antennaErrors !== undefined && { antennaErrors }),
  };
}
