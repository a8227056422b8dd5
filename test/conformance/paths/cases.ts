import { type AngularDelayCsi, createRandom } from '@edge-csi/csi';
import { indoorPathTables, type PathCodec, type PathRate } from '@edge-csi/csi/paths';
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

/** Rates of every kind, one after the other. */
export function rateOf(csi: AngularDelayCsi, i: number): PathRate {
  const noise = i % 2 === 0 ? { noiseVariance: (i % 4) * 1e-3 * energyOf(csi.values) } : {};
  if (i % 3 === 0) return { mode: 'cap', maxBits: [40, 90, 200, 700][i % 4] as number, ...noise };
  if (i % 3 === 1)
    return { mode: 'quality', bitPrice: Math.fround(10 ** (-1.5 - (i % 7) / 2)), maxBits: 500, ...noise };
  return { mode: 'quality', targetNmseDb: -5 - (i % 11), ...noise };
}
