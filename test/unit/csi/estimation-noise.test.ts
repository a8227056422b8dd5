import { type AngularDelayCsi, createRandom, withEstimationNoise } from '@edge-csi/csi';
import { expect, it } from 'vitest';

function energy(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

it.each([-3, 10, 30])('adds noise at %d dB below the energy of the matrix', (snrDb) => {
  const random = createRandom(3);
  const values = new Float32Array(2 * 64 * 64).map(() => random.gaussian());
  const csi: AngularDelayCsi = { domain: 'angular-delay', numAntennas: 64, numDelays: 64, values };
  const noisy = withEstimationNoise(csi, snrDb, random);
  const noise = noisy.values.map((value, i) => value - (values[i] as number));
  expect(10 * Math.log10(energy(values) / energy(noise))).toBeCloseTo(snrDb, 0);
});
