import {
  type AngularDelayCsi,
  createSynthesizer,
  defaultCarriers,
  type ScenarioName,
  type SimulationOptions,
  simulateChannel,
} from '@edge-csi/csi';
import type { CsiView } from '../link/simulated-source.ts';
import { still } from '../link/simulated-source.ts';

/** Downlink of one UE at the ages of a grid, by age, and its uplink at age 0. */
export interface Track {
  readonly downlink: readonly AngularDelayCsi[];
  readonly uplink: AngularDelayCsi;
}

export interface TrackOptions {
  readonly scenario: ScenarioName;
  readonly numTracks: number;
  readonly speedKmh: number;
  readonly agesMs: readonly number[];
  readonly view: CsiView;
  readonly seed: number;
}

/**
 * Simulates UEs one after another, each in an environment of its own, so that tracks are independent. The same seed gives
 * the same UEs in the same places whatever their speed: tracks of different speeds begin with the same matrix.
 */
export function* simulateTracks(options: TrackOptions): Generator<Track> {
  const { scenario, numTracks, speedKmh, agesMs, view, seed } = options;
  const settings: SimulationOptions = {
    ...still(scenario, seed),
    ...defaultCarriers(scenario),
    speedKmh,
    // A slot is 1 ms long.
    sampleSlots: agesMs,
    numUes: 1,
    numEnvironments: numTracks,
    numSamples: numTracks * agesMs.length,
  };
  const { downlinkCarrierHz, uplinkCarrierHz } = settings;
  const band = { ...view, downlinkCarrierHz };
  const downlinkOf = createSynthesizer(
    { ...band, direction: 'downlink', carrierHz: downlinkCarrierHz },
    view,
    view.timing,
  );
  const uplinkOf = createSynthesizer({ ...band, direction: 'uplink', carrierHz: uplinkCarrierHz }, view, view.timing);
  let downlink: AngularDelayCsi[] = [];
  let uplink: AngularDelayCsi | undefined;
  for (const { paths } of simulateChannel(settings)) {
    if (downlink.length === 0) uplink = uplinkOf(paths, 0);
    downlink.push(downlinkOf(paths, 0));
    if (downlink.length < agesMs.length || uplink === undefined) continue;
    yield { downlink, uplink };
    downlink = [];
  }
}
