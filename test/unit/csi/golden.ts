import { fileURLToPath } from 'node:url';
import type { AngularDelayCsi, Band, SpatialFrequencyCsi } from '@edge-csi/csi';
import { type NpyArray, readNpz } from '@edge-csi/csi/files';

/** The two COST 2100 scenarios and their carriers. */
export const scenarios = [
  { scenario: 'indoor', downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 },
  { scenario: 'outdoor', downlinkCarrierHz: 300e6, uplinkCarrierHz: 260e6 },
] as const;

type Scenario = (typeof scenarios)[number];

export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/csi/${name}`, import.meta.url));
}

export function bandOf(scenario: Scenario, direction: Band['direction']): Band {
  const { downlinkCarrierHz, uplinkCarrierHz } = scenario;
  const carrierHz = direction === 'uplink' ? uplinkCarrierHz : downlinkCarrierHz;
  return { direction, carrierHz, downlinkCarrierHz, bandwidthHz: 20e6, numSubcarriers: 1024 };
}

/** Matrices computed by brute force over all subcarriers, complex, one or more in an array. */
export async function goldenArray(scenario: Scenario, name: string): Promise<NpyArray> {
  return (await readNpz(fixturePath(`golden-${scenario.scenario}.npz`))).get(name) as NpyArray;
}

/** Turns interleaved complex numbers into planar halves. */
export function planar(interleaved: ArrayLike<number | bigint>): Float32Array {
  const half = interleaved.length / 2;
  return Float32Array.from({ length: 2 * half }, (_, i) =>
    Number(i < half ? interleaved[2 * i] : interleaved[2 * (i - half) + 1]),
  );
}

export function angularDelay(numAntennas: number, numDelays: number, values: ArrayLike<number>): AngularDelayCsi {
  return { domain: 'angular-delay', numAntennas, numDelays, values: Float32Array.from(values) };
}

export function spatialFrequency(
  numSubcarriers: number,
  numAntennas: number,
  values: Float32Array,
): SpatialFrequencyCsi {
  return { domain: 'spatial-frequency', numSubcarriers, numAntennas, values };
}

/** ||actual - expected|| / ||expected||. */
export function relativeError(actual: Float32Array, expected: Float32Array): number {
  if (actual.length !== expected.length) return Number.POSITIVE_INFINITY;
  let error = 0;
  let energy = 0;
  for (let i = 0; i < expected.length; i++) {
    error += ((actual[i] as number) - (expected[i] as number)) ** 2;
    energy += (expected[i] as number) ** 2;
  }
  return Math.sqrt(error / energy);
}
