import { squaredErrorRatio } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { simulateTracks, type Track } from '../../../../scripts/lab/src/ageing/tracks.ts';

const view = {
  numAntennas: 8,
  numDelays: 32,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute',
} as const;

function tracksAt(
  speedKmh: number,
  agesMs: readonly number[],
  scenario: 'cost2100-indoor' | 'umi' = 'cost2100-indoor',
) {
  return [...simulateTracks({ scenario, numTracks: 40, speedKmh, agesMs, view, seed: 7 })];
}

/** Mean error of the true matrix, held to that age. */
function staleness(tracks: readonly Track[], age: number): number {
  const errors = tracks.map(({ downlink }) => {
    const [held, now] = [downlink[0], downlink[age]];
    if (held === undefined || now === undefined) throw new RangeError(`no matrix of age ${age}`);
    return squaredErrorRatio(now, held);
  });
  return errors.reduce((sum, error) => sum + error / errors.length, 0);
}

it.each(['cost2100-indoor', 'umi'] as const)('tracks of %s begin alike whatever the speed', (scenario) => {
  const [slow, fast] = [1, 30].map((speedKmh) => tracksAt(speedKmh, [0, 2], scenario));
  for (const [i, { downlink, uplink }] of (slow ?? []).entries()) {
    expect(fast?.[i]?.downlink[0]).toEqual(downlink[0]);
    expect(fast?.[i]?.uplink).toEqual(uplink);
    expect(fast?.[i]?.downlink[1]).not.toEqual(downlink[1]);
  }
});

it('age by the distance moved: twice the speed makes half the time of it', () => {
  const [slow, fast] = [tracksAt(3, [0, 4, 8]), tracksAt(6, [0, 2, 4])];
  for (const age of [1, 2]) expect(staleness(fast, age)).toBeCloseTo(staleness(slow, age), 5);
});

it('age like a channel whose waves come from all around, until the UE has moved by a good part of a wavelength', () => {
  const tracks = tracksAt(1, [0, 1, 2, 4, 8]);
  for (const [i, ageMs] of [1, 2, 4, 8].entries()) {
    const turnRad = (2 * Math.PI * (ageMs / 3600) * 5.3e9) / 3e8;
    // Clarke: the mean squared error is 2 - 2 J0(2 pi d / wavelength), which begins with half the square of its argument.
    const isotropic = turnRad ** 2 / 2 - turnRad ** 4 / 32;
    expect(staleness(tracks, i + 1) / isotropic).toBeGreaterThan(0.6);
    expect(staleness(tracks, i + 1) / isotropic).toBeLessThan(1.6);
  }
});
