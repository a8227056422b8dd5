import { createSynthesizer, type ScenarioName, simulateChannel } from '@edge-csi/csi';
import { still } from '@edge-csi/lab/data';
import { monotonicMs } from '@edge-csi/lab/metrics';

/** What a scenario costs on one thread. */
export interface SimulationRate {
  readonly scenario: ScenarioName;
  /** Paths of a sample, mean. */
  readonly paths: number;
  /** Samples with both bands as 32 x 32 matrices, by the processor time that they took and by the clock. */
  readonly pairsPerCpuSecond: number;
  readonly pairsPerSecond: number;
}

const shape = { numAntennas: 32, numDelays: 32 };
/** Samples between two looks at the clock. */
const BLOCK = 64;

/** Simulates 16 UEs at walking speed for some time. */
export function measureSimulationRate(scenario: ScenarioName, seconds: number, seed: number): SimulationRate {
  const settings = { ...still(scenario, seed), speedKmh: 3, numUes: 16, numEnvironments: 1, numSamples: 2 ** 31 };
  const band = {
    downlinkCarrierHz: settings.downlinkCarrierHz,
    bandwidthHz: 20e6,
    numSubcarriers: 1024,
  };
  const synthesizers = [
    createSynthesizer({ ...band, direction: 'downlink', carrierHz: settings.downlinkCarrierHz }, shape),
    createSynthesizer({ ...band, direction: 'uplink', carrierHz: settings.uplinkCarrierHz }, shape),
  ];
  const samples = simulateChannel(settings);
  const runFor = (limitMs: number) => {
    const startMs = monotonicMs();
    const cpu = process.cpuUsage();
    let pairs = 0;
    let paths = 0;
    do {
      for (let i = 0; i < BLOCK; i++) {
        const { value } = samples.next();
        if (value === undefined) throw new RangeError('the simulation is at its end');
        for (const synthesize of synthesizers) synthesize(value.paths, 0);
        paths += value.paths.delayNs.length;
      }
      pairs += BLOCK;
    } while (monotonicMs() - startMs < limitMs);
    const { user, system } = process.cpuUsage(cpu);
    return {
      paths: paths / pairs,
      pairsPerCpuSecond: pairs / ((user + system) / 1e6),
      pairsPerSecond: pairs / ((monotonicMs() - startMs) / 1000),
    };
  };
  // The first part is for the compiler.
  runFor(seconds * 250);
  return { scenario, ...runFor(seconds * 1000) };
}
