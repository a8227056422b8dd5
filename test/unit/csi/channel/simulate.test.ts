import {
  type ChannelSample,
  createSynthesizer,
  defaultCarriers,
  type ScenarioName,
  type SimulationOptions,
  scenarioNames,
  simulateChannel,
} from '@edge-csi/csi';
import { describe, expect, it } from 'vitest';
import { relativeError } from '../golden.ts';

const shape = { numAntennas: 8, numDelays: 32 };

function settings(scenario: ScenarioName, changes: Partial<SimulationOptions> = {}): SimulationOptions {
  const defaults = { numSamples: 12, numUes: 3, numEnvironments: 2, periodSlots: 80, speedKmh: 3, seed: 7 };
  return {
    scenario,
    ...defaultCarriers(scenario),
    ...defaults,
    delaySpreadNs: 100,
    phases: 'independent',
    ...changes,
  };
}

function simulate(scenario: ScenarioName, changes: Partial<SimulationOptions> = {}): ChannelSample[] {
  return [...simulateChannel(settings(scenario, changes))];
}

/** CSI of samples in one band. */
function measured(scenario: ScenarioName, samples: readonly ChannelSample[], direction: 'downlink' | 'uplink') {
  const carriers = defaultCarriers(scenario);
  const carrierHz = direction === 'uplink' ? carriers.uplinkCarrierHz : carriers.downlinkCarrierHz;
  const band = { direction, carrierHz, downlinkCarrierHz: carriers.downlinkCarrierHz };
  const synthesize = createSynthesizer({ ...band, bandwidthHz: 20e6, numSubcarriers: 1024 }, shape);
  return samples.map(({ paths }) => synthesize(paths, 0).values);
}

/** |<a, b>| / (|a| |b|) of planar complex vectors. */
function similarity(a: Float32Array, b: Float32Array): number {
  const size = a.length / 2;
  let [re, im, aa, bb] = [0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    const [aRe = 0, aIm = 0, bRe = 0, bIm = 0] = [a[i], a[size + i], b[i], b[size + i]];
    re += aRe * bRe + aIm * bIm;
    im += aRe * bIm - aIm * bRe;
    aa += aRe * aRe + aIm * aIm;
    bb += bRe * bRe + bIm * bIm;
  }
  return Math.hypot(re, im) / Math.sqrt(aa * bb);
}

describe.each(scenarioNames)('simulation, %s', (scenario) => {
  it('repeats itself with the same seed and differs with another', () => {
    const first = simulate(scenario);
    expect(simulate(scenario)).toEqual(first);
    const other = simulate(scenario, { seed: 8 });
    other.forEach(({ paths }, i) => {
      expect(paths.gainRe).not.toEqual(first[i]?.paths.gainRe);
    });
  });

  it('gives usable CSI in both bands that differs from UE to UE', () => {
    const samples = simulate(scenario);
    for (const direction of ['downlink', 'uplink'] as const) {
      const csi = measured(scenario, samples, direction);
      for (const values of csi) {
        expect(values.every(Number.isFinite)).toBe(true);
        expect(values.some((value) => value !== 0)).toBe(true);
      }
      expect(similarity(csi[0] as Float32Array, csi[1] as Float32Array)).toBeLessThan(0.95);
      expect(similarity(csi[0] as Float32Array, csi[6] as Float32Array)).toBeLessThan(0.95);
    }
  });

  it('changes a channel smoothly as its UE moves, and wholly over many wavelengths', () => {
    const { downlinkCarrierHz } = defaultCarriers(scenario);
    // A slot is a fiftieth of a wavelength.
    const speedKmh = (3e8 / downlinkCarrierHz / 50) * 3600;
    const walk = simulate(scenario, { numSamples: 400, numUes: 1, numEnvironments: 1, periodSlots: 1, speedKmh });
    const csi = measured(scenario, walk, 'downlink');
    const steps = csi.slice(1).map((values, i) => relativeError(values, csi[i] as Float32Array));
    // A path straight ahead turns by 2 pi / 50; clusters come in at some -30 dB, and in a fade all weighs more.
    expect(Math.max(...steps)).toBeLessThan(0.3);
    expect(mean(steps)).toBeLessThan(0.13);
    expect(mean(steps)).toBeGreaterThan(0.005);
    const similar = csi.slice(200).map((values, i) => similarity(values, csi[i] as Float32Array));
    expect(mean(similar)).toBeLessThan(0.98);
  });

  it('stands still at no speed', () => {
    const samples = simulate(scenario, { speedKmh: 0, numUes: 1, numEnvironments: 1 });
    for (const { paths, position } of samples) {
      expect(paths).toEqual(samples[0]?.paths);
      expect(position).toEqual(samples[0]?.position);
    }
  });
});

describe('simulation', () => {
  it('deals samples to environments, and to their UEs in turn, spread over the period', () => {
    const samples = simulate('cdl-d', { numSamples: 11, numUes: 2, numEnvironments: 2, periodSlots: 80 });
    expect(samples.map(({ environment, ue, slot }) => [environment, ue, slot])).toEqual([
      [0, 0, 0],
      [0, 1, 40],
      [0, 0, 80],
      [0, 1, 120],
      [0, 0, 160],
      [0, 1, 200],
      [1, 2, 0],
      [1, 3, 40],
      [1, 2, 80],
      [1, 3, 120],
      [1, 2, 160],
    ]);
  });

  it('draws an environment alike however many UEs and samples are asked of it', () => {
    const few = simulate('cost2100-indoor', { numSamples: 2, numUes: 1, numEnvironments: 2 });
    const many = simulate('cost2100-indoor', { numSamples: 40, numUes: 4, numEnvironments: 2 });
    expect(few[1]?.paths).toEqual(many[20]?.paths);
  });

  it('keeps UEs in their area, and starts them apart from the BS', () => {
    const drawn = simulate('cost2100-indoor', { numSamples: 200, numUes: 200, numEnvironments: 1 });
    expect(Math.max(...drawn.map(fromMiddleM))).toBeLessThanOrEqual(10);
    expect(Math.min(...drawn.map(({ distanceM }) => distanceM))).toBeGreaterThan(0.99);
    const fast = simulate('cost2100-indoor', { numSamples: 200, numUes: 1, numEnvironments: 1, speedKmh: 100 });
    expect(Math.max(...fast.map(fromMiddleM))).toBeLessThanOrEqual(10);
    const along = fast.map(({ position }) => position.x);
    expect(Math.min(...along)).toBeLessThan(-8);
    expect(Math.max(...along)).toBeGreaterThan(8);
  });

  it('moves a UE as fast as it is told', () => {
    const [start, end] = simulate('umi', {
      numSamples: 2,
      numUes: 1,
      numEnvironments: 1,
      speedKmh: 36,
      periodSlots: 100,
    });
    const [a, b] = [start?.position, end?.position];
    expect(Math.hypot((b?.x ?? 0) - (a?.x ?? 0), (b?.y ?? 0) - (a?.y ?? 0))).toBeCloseTo(1, 9);
  });

  it('ties the bands where phases follow from the carriers, and not where they are independent', () => {
    const phaseOf = (phases: 'independent' | 'carrier') => {
      const [sample] = simulate('cdl-a', { numSamples: 1, numUes: 1, numEnvironments: 1, speedKmh: 0, phases });
      return Array.from(sample?.paths.uplinkPhaseRad ?? []);
    };
    expect(phaseOf('carrier').every((phase) => phase === 0)).toBe(true);
    const independent = phaseOf('independent');
    expect(Math.hypot(mean(independent.map(Math.cos)), mean(independent.map(Math.sin)))).toBeLessThan(0.15);
  });

  it('shifts both bands by Doppler, each in proportion to its carrier', () => {
    const changes = { numUes: 1, numEnvironments: 1, periodSlots: 1, phases: 'carrier' } as const;
    const [before, after] = simulate('cdl-d', { ...changes, numSamples: 2, speedKmh: 10 });
    // The first path is the line of sight, a single ray.
    const downlinkRad = angleOf(after) - angleOf(before);
    const offsetRad = (after?.paths.uplinkPhaseRad?.[0] ?? 0) - (before?.paths.uplinkPhaseRad?.[0] ?? 0);
    const ratio = (downlinkRad + offsetRad) / downlinkRad;
    expect(Math.abs(downlinkRad)).toBeGreaterThan(1e-3);
    expect(ratio).toBeCloseTo(5.1 / 5.3, 3);
  });

  it('has the line of sight arrive as late as light takes', () => {
    for (const scenario of ['cost2100-outdoor', 'cdl-d'] as const) {
      for (const { paths, distanceM } of simulate(scenario, { numSamples: 4, numUes: 4, numEnvironments: 1 })) {
        const directNs = distanceM / 0.3;
        const nearest = paths.delayNs.reduce((best, delay) => Math.min(best, Math.abs(delay - directNs)), 1e9);
        expect(nearest).toBeLessThan(1e-3);
      }
    }
  });

  it('samples UEs in the slots asked for, where they are no multiples of a period', () => {
    const changes = { numUes: 1, numEnvironments: 2, numSamples: 6 };
    const sampled = simulate('cost2100-indoor', { ...changes, sampleSlots: [0, 3, 7] });
    expect(sampled.map(({ slot }) => slot)).toEqual([0, 3, 7, 0, 3, 7]);
    const [, third] = simulate('cost2100-indoor', { ...changes, periodSlots: 3 });
    expect(sampled[1]).toEqual(third);
    for (const sampleSlots of [
      [0, 3],
      [0, 3, 3],
      [0, 0.5, 1],
      [-1, 0, 1],
    ]) {
      expect(() => simulate('cost2100-indoor', { ...changes, sampleSlots })).toThrow(
        /sampleSlots are .* 3 or more rising/,
      );
    }
  });

  it.each([
    ['numSamples', 0],
    ['numUes', 1.5],
    ['numEnvironments', -1],
    ['periodSlots', 0],
    ['speedKmh', Number.NaN],
    ['delaySpreadNs', Number.NaN],
    ['downlinkCarrierHz', 0],
    ['uplinkCarrierHz', Number.NaN],
  ] as const)('refuses %s of %d', (name, value) => {
    expect(() => simulate('inh', { [name]: value })).toThrow(RangeError);
    expect(() => simulate('inh', { [name]: value })).toThrow(name);
  });
});

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How far out a UE is, along the axis on which it is farther. */
function fromMiddleM({ position }: ChannelSample): number {
  return Math.max(Math.abs(position.x), Math.abs(position.y));
}

function angleOf(sample: ChannelSample | undefined): number {
  return Math.atan2(sample?.paths.gainIm[0] ?? 0, sample?.paths.gainRe[0] ?? 0);
}
