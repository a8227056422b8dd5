import {
  type ChannelSample,
  type CsiShape,
  createSynthesizer,
  defaultCarriers,
  type ScenarioName,
  simulateChannel,
  type Timing,
} from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';

/** How a model, or a reader, wants CSI. */
export interface CsiView extends CsiShape {
  readonly downlinkCarrierHz: number;
  readonly uplinkCarrierHz: number;
  readonly bandwidthHz: number;
  readonly numSubcarriers: number;
  readonly timing: Timing;
}

/** UEs that stand still, `uesPerEnvironment` in each environment: as independent as the samples of a data set. */
export function drawSamples(
  scenario: ScenarioName,
  numSamples: number,
  uesPerEnvironment: number,
  seed: number,
): ChannelSample[] {
  const numEnvironments = Math.ceil(numSamples / uesPerEnvironment);
  return [...simulateChannel({ ...still(scenario, seed), numSamples, numUes: uesPerEnvironment, numEnvironments })];
}

/** What all measurements simulate alike. */
export function still(scenario: ScenarioName, seed: number) {
  const defaults = { speedKmh: 0, periodSlots: 80, delaySpreadNs: 100, phases: 'independent' } as const;
  return { scenario, seed, ...defaultCarriers(scenario), ...defaults };
}

/** Simulated samples as a source of CSI. */
export function simulatedSource(scenario: ScenarioName, samples: readonly ChannelSample[], view: CsiView): CsiSource {
  const synthesizer = (direction: 'downlink' | 'uplink', carrierHz: number) => {
    const synthesize = createSynthesizer({ ...view, direction, carrierHz }, view, view.timing);
    return (index: number) => {
      const sample = samples[index];
      if (sample === undefined) throw new RangeError(`index is ${index}, must be 0..${samples.length - 1}`);
      return synthesize(sample.paths, 0);
    };
  };
  return {
    name: scenario,
    numSamples: samples.length,
    description: { downlink: 'simulated', uplink: 'simulated' },
    downlink: synthesizer('downlink', view.downlinkCarrierHz),
    uplink: synthesizer('uplink', view.uplinkCarrierHz),
  };
}
