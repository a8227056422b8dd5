import type { AngularDelayCsi } from '../csi.ts';
import type { Random } from '../random.ts';

/**
 * Adds complex white Gaussian estimation noise to CSI.
 *
 * @param snrDb - energy of the matrix over the energy of the noise, over all entries
 */
export function withEstimationNoise(csi: AngularDelayCsi, snrDb: number, random: Random): AngularDelayCsi {
  let energy = 0;
  for (const value of csi.values) energy += value * value;
  const deviation = Math.sqrt((energy * 10 ** (-snrDb / 10)) / csi.values.length);
  return { ...csi, values: csi.values.map((value) => value + deviation * random.gaussian()) };
}
