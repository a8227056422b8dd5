import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import {
  ChannelStatistician,
  type ChannelStatistics,
  createSynthesizer,
  defaultCarriers,
  type PathList,
  type ScenarioName,
  simulateChannel,
} from '@edge-csi/csi';
import { readPathList } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';

const shape = { numAntennas: 32, numDelays: 32 };
const indoorSample = fileURLToPath(
  new URL('../../../../scripts/lab/data/cost2100-indoor-test-1024.npz', import.meta.url),
);
const outdoorFigures = fileURLToPath(new URL('../../../fixtures/simulator/cost2100-outdoor.json', import.meta.url));

function statisticsOf(scenario: ScenarioName, samples: Iterable<readonly [PathList, number]>): ChannelStatistics {
  const { downlinkCarrierHz, uplinkCarrierHz } = defaultCarriers(scenario);
  const link = { downlinkCarrierHz, bandwidthHz: 20e6, numSubcarriers: 1024 };
  const downlink = createSynthesizer({ ...link, direction: 'downlink', carrierHz: downlinkCarrierHz }, shape);
  const uplink = createSynthesizer({ ...link, direction: 'uplink', carrierHz: uplinkCarrierHz }, shape);
  const statistician = new ChannelStatistician();
  for (const [paths, index] of samples) statistician.add(downlink(paths, index), uplink(paths, index));
  return statistician.result();
}

/** UEs that stand still, many to an environment, as in the data. */
function simulated(scenario: ScenarioName, numEnvironments: number, numUes: number): ChannelStatistics {
  const settings = { numSamples: numEnvironments * numUes, numUes, numEnvironments, periodSlots: 1, speedKmh: 0 };
  const rest = { ...defaultCarriers(scenario), delaySpreadNs: 100, phases: 'independent', seed: 7 } as const;
  const samples = [...simulateChannel({ scenario, ...settings, ...rest })];
  return statisticsOf(
    scenario,
    samples.map(({ paths }) => [paths, 0] as const),
  );
}

/** How close simulated statistics come to those of the data, which are of about as many environments. */
function expectAlike(simulation: ChannelStatistics, data: ChannelStatistics): void {
  expect(Math.abs(simulation.magnitudeCorrelation - data.magnitudeCorrelation)).toBeLessThan(0.03);
  expect(Math.abs(simulation.partsCorrelation - data.partsCorrelation)).toBeLessThan(0.03);
  expect(simulation.complexCorrelation).toBeLessThan(0.05);
  expect(data.complexCorrelation).toBeLessThan(0.05);
  for (const [i, share] of data.energyInFirstTaps.entries()) {
    const simulated = simulation.energyInFirstTaps[i] as number;
    expect(Math.abs(simulated - share)).toBeLessThan(0.05);
    // Small shares are not to be missed altogether.
    expect(simulated).toBeGreaterThan(share / 2);
  }
  for (const [i, entries] of data.entriesHolding.entries()) {
    expect(Math.abs((simulation.entriesHolding[i] as number) / entries - 1)).toBeLessThan(0.1);
  }
}

describe('simulated COST 2100 channels', () => {
  it('are like those of the sample that ships, indoors', async () => {
    const paths = await readPathList(indoorSample);
    const every = Array.from({ length: paths.numSamples / 2 }, (_, i) => [paths, 2 * i] as const);
    expectAlike(simulated('cost2100-indoor', 30, 20), statisticsOf('cost2100-indoor', every));
  }, 60_000);

  it('are like those of the test split, outdoors', async () => {
    const { statistics } = JSON.parse(await readFile(outdoorFigures, 'utf8')) as { statistics: ChannelStatistics };
    expectAlike(simulated('cost2100-outdoor', 12, 40), statistics);
  }, 60_000);
});
