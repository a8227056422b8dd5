import type { CsiShape } from '../csi.ts';
import { CsiError } from '../errors.ts';
import { type ChoiceOptions, isDownlinkName } from './csi-choice.ts';
import type { CsiDomain } from './csi-layout.ts';
import { openDataFile } from './data-file.ts';
import { describeVariables, type Variable } from './variable.ts';

/** Delay taps that are kept of CSI over subcarriers, and those of rows without axes, as data sets of this kind have them. */
const USUAL_COUNT = 32;
/** Subcarriers that taps were cut from, where a file has the taps only. */
const USUAL_SUBCARRIERS = 1024;

/** The matrices that a file holds. */
export interface FoundShape extends CsiShape {
  readonly numSubcarriers: number;
}

/**
 * Finds the shape of the CSI matrices in a file, for models that fit themselves to data.
 *
 * @returns `undefined` for a path list, which can be synthesised at any shape
 * @throws CsiError `file-format` where the file has no CSI, or several arrays that may be.
 *
 * @example
 * await findCsiShape('deepmimo.npz'); // { numAntennas: 64, numDelays: 32, numSubcarriers: 512 }
 */
export async function findCsiShape(
  path: string,
  options: ChoiceOptions & { readonly layout?: CsiDomain } = {},
): Promise<FoundShape | undefined> {
  const file = await openDataFile(path);
  if (file.kind === 'path-list') return undefined;
  const shapes = file.variables.flatMap((variable) => {
    const shape = shapeOf(variable, options.layout);
    return shape === undefined ? [] : [{ name: variable.name, shape }];
  });
  const { downlinkVariable } = options;
  const named = shapes.filter(({ name }) =>
    downlinkVariable === undefined ? isDownlinkName(name) : name === downlinkVariable,
  );
  const [found, ...others] = named.length > 0 || downlinkVariable !== undefined ? named : shapes;
  if (found !== undefined && others.every(({ shape }) => JSON.stringify(shape) === JSON.stringify(found.shape))) {
    return found.shape;
  }
  throw new CsiError(
    'file-format',
    `${path}: which variable has the CSI? Found ${describeVariables(file.variables)}; expected complex ` +
      '[N, antennas, delays], [N, antennas, subcarriers] with --layout spatial-frequency, [N, rx, antennas, subcarriers], ' +
      'or real [N, 2, antennas, delays]; name it with downlinkVariable (--variable)',
  );
}

function shapeOf({ type, shape }: Variable, layout: CsiDomain | undefined): FoundShape | undefined {
  const [numSamples = 0, ...rest] = shape;
  if (numSamples < 1) return undefined;
  if (/^complex(64|128)$/.test(type)) {
    const [numAntennas = 0, columns = 0] = rest.slice(-2);
    if (rest.length === 2 && layout !== 'spatial-frequency') return taps(numAntennas, columns);
    if (rest.length === 2 || rest.length === 3) {
      return usable({ numAntennas, numDelays: Math.min(USUAL_COUNT, columns), numSubcarriers: columns });
    }
    return undefined;
  }
  if (!/^float(32|64)$/.test(type) || layout === 'spatial-frequency') return undefined;
  const [first = 0, numAntennas = 0, numDelays = 0] = rest;
  if (rest.length === 3 && first === 2) return taps(numAntennas, numDelays);
  const isRow = rest.length === 1 && first % (2 * USUAL_COUNT) === 0;
  return isRow ? taps(first / (2 * USUAL_COUNT), USUAL_COUNT) : undefined;
}

function taps(numAntennas: number, numDelays: number): FoundShape | undefined {
  return usable({ numAntennas, numDelays, numSubcarriers: Math.max(USUAL_SUBCARRIERS, numDelays) });
}

function usable(shape: FoundShape): FoundShape | undefined {
  return shape.numAntennas >= 1 && shape.numDelays >= 1 ? shape : undefined;
}
