import { type AngularDelayCsi, CsiError, createRandom } from '@edge-csi/csi';
import type { PathCodec, PropagationPath } from '@edge-csi/csi/paths';

/** A channel that is exactly some paths, each at cycles an antenna, samples and gain. */
export function channelOf(codec: PathCodec, paths: readonly PropagationPath[]): AngularDelayCsi {
  const { antennas, numDelays } = codec.spec;
  const numAntennas = antennas[0] * antennas[1];
  const values = new Float32Array(2 * numAntennas * numDelays);
  codec.reconstructInto(values, paths);
  return { domain: 'angular-delay', numAntennas, numDelays, values };
}

/** Some paths of falling strength anywhere. */
export function drawPaths(codec: PathCodec, seed: number, numPaths: number): PropagationPath[] {
  const random = createRandom(seed);
  const planar = codec.spec.antennas[1] > 1;
  return Array.from({ length: numPaths }, (_, k) => ({
    spatialFrequency: [random.uniform(), planar ? random.uniform() : 0],
    delaySamples: random.uniform() * (codec.spec.numDelays - 2),
    gainRe: random.gaussian() * 0.7 ** k,
    gainIm: random.gaussian() * 0.7 ** k,
  }));
}

export function addNoise(csi: AngularDelayCsi, seed: number, variance: number): AngularDelayCsi {
  const random = createRandom(seed);
  return { ...csi, values: csi.values.map((value) => value + random.gaussian() * Math.sqrt(variance / 2)) };
}

export function energyOf(values: Float32Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

/** ||csi - estimate||^2 / ||csi||^2 of what a report decodes to. */
export function errorOf(codec: PathCodec, csi: AngularDelayCsi, payload: Uint8Array): number {
  const estimate = new Float32Array(csi.values.length);
  codec.reconstructInto(estimate, codec.decodePaths(payload));
  return energyOf(estimate.map((value, i) => value - (csi.values[i] as number))) / energyOf(csi.values);
}

/** The code of the CsiError that a call throws. */
export function refusal(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof CsiError) return error.code;
    throw error;
  }
  return 'none';
}
