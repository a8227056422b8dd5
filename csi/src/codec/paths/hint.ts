import { type AngularDelayCsi, assertUsable } from '../../csi.ts';
import { CsiError } from '../../errors.ts';
import { createAxis } from './axis.ts';
import { amplitudeOf } from './codes.ts';
import { createGrid } from './grid.ts';
import { hintCells } from './hint-bits.ts';
import { createKnownPaths, type KnownPaths, type PathPlace } from './known.ts';
import { createSearch, findWorth, loadPaths, startSearch } from './search.ts';
import { createSpace } from './space.ts';
import { checkSpec, type PathCodecSpec } from './spec.ts';
import { createSyntax } from './syntax.ts';

const { fround } = Math;

/** Most paths of a hint: 48 of them gain no more than 16, as fading inside a cluster differs by band. */
const MOST_HINTED = 16;
/** Share of the uplink's energy that a path takes at least: a weaker one is seldom one of a report's. */
const LEAST_SHARE = fround(2 ** -11);

/**
 * Tells what the downlink is likely made of from an uplink.
 *
 * @param uplink - as the BS measures it, of the codec's shape
 * @param version - of the list
 * @throws CsiError `csi-invalid` where the matrix is of another shape, zero or not finite; RangeError where the version is none.
 */
export type PathHinter = (uplink: AngularDelayCsi, version: number) => KnownPaths;

/**
 * Creates what makes hints: it finds the paths of an uplink, as the UE finds those of a downlink, and turns their angles by the
 * ratio of the carriers. How many they are follows from the channel and from its noise.
 *
 * @param carrierRatio - downlink carrier over uplink carrier
 * @throws CsiError `model-invalid` where the spec is none; RangeError where the ratio is not above zero.
 *
 * @example
 * const hintOf = createPathHinter(codec.spec, 5.3e9 / 5.1e9);
 * const { payload, bits, knownVersion } = codec.encode(downlink, rate, hintOf(uplink, 1));
 */
export function createPathHinter(spec: PathCodecSpec, carrierRatio: number): PathHinter {
  checkSpec(spec);
  if (!(carrierRatio > 0 && carrierRatio < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`carrierRatio is ${carrierRatio}, must be above 0`);
  }
  const { antennas, numDelays, numSubcarriers, tables } = spec;
  const numAntennas = antennas[0] * antennas[1];
  const axes = [
    createAxis(antennas[0], antennas[0]),
    createAxis(antennas[1], antennas[1]),
    createAxis(numSubcarriers, numDelays),
  ];
  const search = createSearch(
    createSpace(antennas, numDelays, numSubcarriers, MOST_HINTED),
    createGrid(axes),
    createSyntax([antennas[0], antennas[1], numDelays], MOST_HINTED, tables),
  );
  const turned = (frequency: number): number => (frequency - Math.floor(frequency + 0.5)) * carrierRatio;

  return (uplink, version) => {
    assertUsable(uplink);
    if (uplink.numAntennas !== numAntennas || uplink.numDelays !== numDelays) {
      const given = `${uplink.numAntennas} antennas x ${uplink.numDelays} delays`;
      throw new CsiError('csi-invalid', `uplink has ${given}, the codec takes ${numAntennas} x ${numDelays}`);
    }
    if (!startSearch(search, uplink.values, -1)) {
      throw new CsiError('csi-invalid', 'uplink entries are out of the range of a report');
    }
    const { space } = search;
    const count = findWorth(search, fround(space.energy * LEAST_SHARE), MOST_HINTED);
    loadPaths(search, count);
    const strengths = Array.from({ length: count }, (_, k) =>
      amplitudeOf(space.gainRe[k] as number, space.gainIm[k] as number),
    );
    const order = Array.from(strengths.keys()).sort((a, b) => (strengths[b] as number) - (strengths[a] as number));
    const at = (k: number, axis: number): number => space.position[3 * k + axis] as number;
    const places = order.map(
      (k): PathPlace => ({
        spatialFrequency: [turned(at(k, 0) / antennas[0]), turned(at(k, 1) / antennas[1])],
        delaySamples: at(k, 2),
      }),
    );
    return createKnownPaths(spec, version, places, hintCells);
  };
}
