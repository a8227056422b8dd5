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

/** As many UEs share an environment in the COST 2100 data that figures are compared with. */
const uesPerEnvironment: Partial<Record<ScenarioName, number>> = { 'cost2100-outdoor': 40 };
const defaultUes = 20;

/** Settings of a simulation of UEs that stand still: what all measurements simulate alike. */
export function standingUes(scenario: ScenarioName, seed: number) {
  const defaults = { speedKmh: 0, periodSlots: 80, delaySpreadNs: 100, phases: 'independent' } as const;
  return { scenario, seed, ...defaultCarriers(scenario), ...defaults };
}

/**
 * Simulated samples as a source of CSI: UEs that stand still, several in each environment, as independent as the samples
 * of a data set. Samples are drawn as they are read and one is held at a time, so that memory does not grow with their
 * number; reading one before the last begins again from the first.
 *
 * @example
 * const source = simulatedSource('cost2100-indoor', 1024, manifest.csi, 1);
 */
export function simulatedSource(scenario: ScenarioName, numSamples: number, view: CsiView, seed: number): CsiSource {
  const numUes = uesPerEnvironment[scenario] ?? defaultUes;
  const numEnvironments = Math.ceil(numSamples / numUes);
  const { downlinkCarrierHz, uplinkCarrierHz } = view;
  const settings = {
    ...standingUes(scenario, seed),
    downlinkCarrierHz,
    uplinkCarrierHz,
    numSamples,
    numUes,
    numEnvironments,
  };
  let samples = simulateChannel(settings);
  let current: { readonly index: number; readonly sample: ChannelSample } | undefined;
  const sampleAt = (index: number): ChannelSample => {
    if (!Number.isInteger(index) || index < 0 || index >= numSamples) {
      throw new RangeError(`index is ${index}, must be 0..${numSamples - 1}`);
    }
    if (current !== undefined && current.index > index) {
      samples = simulateChannel(settings);
      current = undefined;
    }
    while (current === undefined || current.index < index) {
      const { value } = samples.next();
      if (value === undefined) throw new RangeError(`the simulation ended before sample ${index}`);
      current = { index: (current?.index ?? -1) + 1, sample: value };
    }
    return current.sample;
  };
  const synthesizer = (direction: 'downlink' | 'uplink', carrierHz: number) => {
    const synthesize = createSynthesizer({ ...view, direction, carrierHz }, view, view.timing);
    return (index: number) => synthesize(sampleAt(index).paths, 0);
  };
  return {
    name: scenario,
    numSamples,
    description: { downlink: 'simulated', uplink: 'simulated' },
    notes: [],
    columns: {},
    downlink: synthesizer('downlink', downlinkCarrierHz),
    uplink: synthesizer('uplink', uplinkCarrierHz),
    environment: (index) => sampleAt(index).environment,
    distanceM: (index) => sampleAt(index).distanceM,
  };
}
