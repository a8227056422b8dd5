import { createRandom, defaultCarriers, type ScenarioName, withEstimationNoise } from '@edge-csi/csi';
import { indoorPathTables, pathCapBits } from '@edge-csi/csi/paths';
import {
  fileTracks,
  lineAtBits,
  type MovingPoint,
  type MovingScheme,
  measureMoving,
  openData,
  type ReportSlot,
  simulateSlots,
} from '@edge-csi/lab';
import { createPathManifest, pathsSpecOf } from '@edge-csi/models';
import { describe, expect, it } from 'vitest';
import { fixturePath } from '../csi/golden.ts';

const link = { numAntennas: 32, numDelays: 32, numSubcarriers: 1024, bandwidthHz: 20e6, timing: 'absolute' } as const;
const carriers = { downlinkCarrierHz: 5.3e9, uplinkCarrierHz: 5.1e9 };
const prices = Array.from({ length: 9 }, (_, i) => -18 - 2 * i);
const referring: readonly MovingScheme[] = ['paths-hinted', 'paths-acknowledged', 'paths-known'];

function simulated(scenario: ScenarioName, speedKmh: number, periodMs: number): ReportSlot[][] {
  const slots = Array.from({ length: 6 }, (_, i) => i * periodMs);
  const view = { ...link, ...defaultCarriers(scenario) };
  const noise = createRandom(2);
  return [...simulateSlots({ scenario, numTracks: 3, speedKmh, slots, view, seed: 3 })].map((channels) =>
    channels.map(({ slot, downlink, uplink }) => ({
      ...{ slot, measured: downlink, truth: downlink },
      uplink: withEstimationNoise(uplink(), 20, noise),
    })),
  );
}

async function recorded(everySlots: number): Promise<ReportSlot[][]> {
  const source = await openData({ path: fixturePath('munich-tracks.npz'), csi: { ...link, ...carriers } });
  return fileTracks(source, everySlots).map((track) =>
    track.map((index, i) => {
      const truth = source.downlink(index);
      return { slot: i * everySlots, measured: truth, truth, uplink: source.uplink(index) };
    }),
  );
}

function measured(ues: readonly (readonly ReportSlot[])[], lossesPercent: readonly number[]): Promise<MovingPoint[]> {
  const spec = pathsSpecOf(
    createPathManifest({ id: 'paths', csi: { ...link, ...carriers }, tables: indoorPathTables }),
  );
  const { signal } = new AbortController();
  return measureMoving({ spec, ues, lossesPercent, bitPricesDb: prices, seed: 1, signal, onUe: () => undefined });
}

function curveOf(points: readonly MovingPoint[], scheme: MovingScheme, lossPercent = 0): MovingPoint[] {
  return points.filter((point) => point.scheme === scheme && point.lossPercent === lossPercent);
}

/** How much worse a curve is than another at its bits, dB, point by point, from the least cap on. */
function worseBy(curve: readonly MovingPoint[], other: readonly MovingPoint[]): number[] {
  const differences = curve.flatMap(({ bits, nmseDb }) => {
    const at = bits < pathCapBits.least ? undefined : lineAtBits(other, bits, (point) => point.nmseDb);
    return at === undefined ? [] : [nmseDb - at];
  });
  expect(differences.length).toBeGreaterThan(3);
  return differences;
}

describe('reports of moving UEs', () => {
  it.each([
    ['indoors, walking', () => simulated('cost2100-indoor', 3, 20)],
    ['indoors, fast and seldom', () => simulated('cost2100-indoor', 30, 80)],
    ['in a rich channel', () => simulated('umi', 10, 40)],
    ['in Munich, every 5 ms', () => recorded(1)],
    ['in Munich, every 40 ms', () => recorded(8)],
  ] as const)(
    'are at 40 bits and more no worse than fresh ones by more than 0.1 dB, and a tenth of them lost costs less than 1 dB: %s',
    async (_, open) => {
      const points = await measured(await open(), [0, 10]);
      for (const scheme of referring) {
        const losses = scheme === 'paths-hinted' ? [0] : [0, 10];
        for (const lossPercent of losses) {
          const worst = Math.max(...worseBy(curveOf(points, scheme, lossPercent), curveOf(points, 'paths')));
          expect(worst).toBeLessThanOrEqual(0.1);
        }
        if (losses.length === 1) continue;
        expect(Math.max(...worseBy(curveOf(points, scheme, 10), curveOf(points, scheme)))).toBeLessThan(1);
      }
      expect(points.reduce((sum, { refused }) => sum + refused, 0)).toBe(0);
    },
    30_000,
  );

  it('gain 4 dB by what both ends know where the paths are few and the UE walks', async () => {
    const points = await measured(await recorded(1), [0]);
    const differences = worseBy(curveOf(points, 'paths-known'), curveOf(points, 'paths'));
    expect(differences.reduce((sum, difference) => sum + difference) / differences.length).toBeLessThan(-4);
  }, 30_000);

  it('gain by hints and reports together no less than by either, indoors', async () => {
    const points = await measured(simulated('cost2100-indoor', 3, 20), [0]);
    for (const scheme of ['paths-hinted', 'paths-acknowledged'] as const) {
      const differences = worseBy(curveOf(points, 'paths-known'), curveOf(points, scheme));
      expect(differences.reduce((sum, difference) => sum + difference) / differences.length).toBeLessThan(0.05);
    }
  }, 30_000);

  it('refer to hints and to reports as the scheme has it, and the bits of hints are counted', async () => {
    const points = await measured(await recorded(4), [0, 100]);
    const total = (scheme: MovingScheme, of: 'hintBits' | 'referring', lossPercent = 0) =>
      curveOf(points, scheme, lossPercent).reduce((sum, point) => sum + point[of], 0);
    for (const scheme of ['paths', 'paths-acknowledged'] as const) expect(total(scheme, 'hintBits')).toBe(0);
    for (const scheme of ['paths-hinted', 'paths-known'] as const) expect(total(scheme, 'hintBits')).toBeGreaterThan(0);
    expect(total('paths', 'referring')).toBe(0);
    for (const scheme of referring) expect(total(scheme, 'referring')).toBeGreaterThan(0);
    // Of reports that never arrive nothing is known.
    expect(total('paths-acknowledged', 'referring', 100)).toBe(0);
  });
});

describe('tracks of a file', () => {
  const source = async () => openData({ path: fixturePath('munich-tracks.npz'), csi: { ...link, ...carriers } });

  it('are the samples of each UE, every so many slots', async () => {
    const tracks = fileTracks(await source(), 8);
    expect(tracks).toEqual([0, 17, 34, 51].map((first) => [first, first + 8, first + 16]));
  });

  it('leave out UEs without a second report', async () => {
    expect(fileTracks(await source(), 17)).toEqual([]);
  });

  it('are told by the columns of a file', async () => {
    const { columns, ...rest } = await source();
    const { slot: _, ...others } = columns;
    expect(() => fileTracks({ ...rest, columns: others }, 1)).toThrow('has no column slot');
  });
});
