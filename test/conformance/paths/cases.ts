import { type AngularDelayCsi, CsiError, createRandom } from '@edge-csi/csi';
import {
  createKnownPaths,
  indoorPathTables,
  type KnownPaths,
  type PathCodec,
  type PathRate,
} from '@edge-csi/csi/paths';
import { addNoise, channelOf, drawPaths, energyOf } from '../../unit/csi/paths/channel.ts';

const turns = Array.from({ length: 12 }, (_, n) => 0.1 * ((n * 7) % 5));
const response = { re: turns.map((turn) => 1.1 * Math.cos(turn)), im: turns.map((turn) => Math.sin(turn)) };

/** Arrays with and without powers of two, of one axis and two; one whose response is divided out. */
export const arrays = [
  { what: '32 x 32', antennas: 32, numDelays: 32, tables: indoorPathTables },
  { what: '16 x 20', antennas: 16, numDelays: 20 },
  { what: '48 x 32', antennas: 48, numDelays: 32 },
  { what: '8 x 4 planar', antennas: [8, 4] as const, numDelays: 32 },
  { what: 'a single antenna', antennas: 1, numDelays: 30 },
  { what: 'two delays', antennas: 16, numDelays: 2 },
  { what: 'an array with a response', antennas: 12, numDelays: 16, response },
] as const;

/** Sparse, rich and noisy channels, the weakest and the strongest in the range of float32. */
export function channels(codec: PathCodec, count: number): AngularDelayCsi[] {
  const random = createRandom(17);
  return Array.from({ length: count }, (_, i) => {
    const csi = channelOf(codec, drawPaths(codec, 100 + i, [1, 3, 8, 40][i % 4] as number));
    const noisy = i % 3 === 0 ? addNoise(csi, i, energyOf(csi.values) / csi.values.length / 5) : csi;
    const scale = i % 5 === 0 ? 10 ** (20 * random.uniform() - 10) : 1;
    return { ...noisy, values: noisy.values.map((value) => value * scale) };
  });
}

/** A list whose places are right, right in part, or wrong, for a matrix of `channels`. */
export function listOf(codec: PathCodec, i: number): KnownPaths {
  const right = drawPaths(codec, 100 + i, [1, 3, 8, 40][i % 4] as number).slice(0, [24, 4, 0][i % 3]);
  return createKnownPaths(codec.spec, i + 1, [...right, ...drawPaths(codec, 500 + i, [3, 12, 24][i % 3] as number)]);
}

/** Matrices at the edges of what there is, by name: every implementation reports them alike, or refuses them. */
export function edgeCases(codec: PathCodec): readonly { readonly what: string; readonly csi: AngularDelayCsi }[] {
  const { antennas, numDelays } = codec.spec;
  const one = (spatialFrequency: number, delaySamples: number, gainRe: number, gainIm = 0) =>
    ({ spatialFrequency: [spatialFrequency, 0], delaySamples, gainRe, gainIm }) as const;
  const empty = channelOf(codec, []);
  const marked = (value: number) => ({ ...empty, values: empty.values.map((_, i) => (i === 5 ? value : 1)) });
  const some = channelOf(codec, drawPaths(codec, 3, 4));
  const peak = Math.max(...some.values.map(Math.abs));
  const scaled = (db: number) => ({ ...some, values: some.values.map((value) => (value / peak) * 10 ** (db / 20)) });
  return [
    { what: 'zero', csi: empty },
    { what: 'not a number', csi: marked(Number.NaN) },
    { what: 'infinite', csi: marked(Number.POSITIVE_INFINITY) },
    { what: 'a single path', csi: channelOf(codec, [one(0.237, 5.43, 0.3, -0.4)]) },
    { what: 'two coincident paths', csi: channelOf(codec, [one(0.3, 4, 1), one(0.3, 4, 0, 1)]) },
    { what: 'two paths almost coincident', csi: channelOf(codec, [one(0.3, 4, 1), one(0.301, 4.02, -1)]) },
    { what: 'a path on a grid point', csi: channelOf(codec, [one(3 / antennas[0], 4, 1)]) },
    { what: 'a path on the first tap', csi: channelOf(codec, [one(0.3, 0, 1)]) },
    { what: 'a path at the edge of the delay window', csi: channelOf(codec, [one(0.3, numDelays - 0.3, 1)]) },
    { what: 'a path past the delay window', csi: channelOf(codec, [one(0.3, numDelays + 0.4, 1)]) },
    { what: 'pure noise', csi: addNoise(empty, 4, 1) },
    { what: 'a peak of -200 dB', csi: scaled(-200) },
    { what: 'a peak of 60 dB', csi: scaled(60) },
  ];
}

/** Rates of every kind, one after the other. */
export function rateOf(csi: AngularDelayCsi, i: number): PathRate {
  const noise = i % 2 === 0 ? { noiseVariance: (i % 4) * 1e-3 * energyOf(csi.values) } : {};
  if (i % 3 === 0) return { mode: 'cap', maxBits: [40, 90, 200, 700][i % 4] as number, ...noise };
  if (i % 3 === 1)
    return { mode: 'quality', bitPrice: Math.fround(10 ** (-1.5 - (i % 7) / 2)), maxBits: 500, ...noise };
  return { mode: 'quality', targetNmseDb: -5 - (i % 11), ...noise };
}

/** A cap too small for a second path, a price, and a target; the noise is to be estimated. */
export const edgeRates: readonly PathRate[] = [
  { mode: 'cap', maxBits: 40 },
  { mode: 'quality', bitPrice: Math.fround(1e-4) },
  { mode: 'quality', targetNmseDb: -20 },
];

/** The payload in hexadecimal, or `refused`. */
export function outcomeOf(
  codec: Pick<PathCodec, 'encode'>,
  csi: AngularDelayCsi,
  rate: PathRate,
  known?: KnownPaths,
): string {
  try {
    return Buffer.from(codec.encode(csi, rate, known).payload).toString('hex');
  } catch (error) {
    if (error instanceof CsiError && error.code === 'csi-invalid') return 'refused';
    throw error;
  }
}
