import { setImmediate as nextTurn } from 'node:timers/promises';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import {
  ChannelStatistician,
  type ChannelStatistics,
  createSynthesizer,
  type ScenarioName,
  scenarioNames,
  simulateChannel,
} from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { measureAccuracy } from '@edge-csi/lab';
import {
  requireUplink,
  requireUsable,
  sampleCount,
  sampleData,
  simulatedSource,
  standingUes,
  usableSample,
} from '@edge-csi/lab/data';
import { type Metric, monotonicMs, speedMetric } from '@edge-csi/lab/metrics';
import { eachUntilInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withData } from '../../options/data.ts';
import { magnitudeModelsFor, networksById } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { withProgress } from '../../progress.ts';
import { runSuite, secondsOption, suite } from '../suite.ts';
import { type ModelComparison, type SimulationRate, type SimulatorResult, simulatorPage } from './page.ts';

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'simulator', "the pruned ones of the scenario's carriers"))
    .description('Simulated channels beside those of a file, as statistics and models see them, and what they cost.')
    .addOption(
      new Option('--scenario <name>', 'what to simulate beside --data')
        .choices(scenarioNames)
        .default('cost2100-indoor'),
    )
    .option('--samples <n>', 'samples of either side, the first of the data; default all', integer(1, 1e7))
    .option(...secondsOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench simulator --models dualnet-mag-m43 --json simulator.json
  edge-csi bench simulator --scenario cost2100-outdoor --data cost2100-outdoor-test.npz`,
    );
}

/** `bench simulator`: simulated channels beside those of a file, and what each scenario costs. */
export const addSimulator = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('simulator', options, measure, simulatorPage));

async function measure(
  options: OptionsOf<typeof declare>,
  signal: AbortSignal,
): Promise<SimulatorResult & { readonly metrics: readonly Metric[] }> {
  const { scenario, seed } = options;
  const view = { numAntennas: 32, numDelays: 32, bandwidthHz: 20e6, numSubcarriers: 1024, timing: 'absolute' } as const;
  const carriers = standingUes(scenario, seed);
  const reader = createDataReader(options);
  const data = await reader.open({ csi: { ...view, ...carriers } });
  requireUplink(data, 'both bands are compared');
  const numSamples = sampleCount(data, options.samples);
  requireUsable(data, Array(numSamples).keys());
  const { models: named, zoo } = options;
  const simulatedChannels = simulatedSource(scenario, numSamples, { ...view, ...carriers }, seed);
  const statistics = {
    data: await statisticsOf(data, numSamples, signal),
    simulated: await statisticsOf(simulatedChannels, numSamples, signal),
  };
  const manifests = named ? await networksById(named, zoo) : await magnitudeModelsFor(carriers, zoo);
  const models = await eachUntilInterrupted(manifests, signal, async (manifest): Promise<ModelComparison> => {
    const measureBoth = async (onProgress: (done: number) => void) => {
      const of = async (source: CsiSource, before: number) => {
        const update = (now: number) => onProgress(before + now);
        const run = await measureAccuracy({ manifest, zoo, source, samples: numSamples, signal, onProgress: update });
        // Both sides are of as many samples, or they are not compared.
        signal.throwIfAborted();
        return run;
      };
      const ofData = await of(await reader.open(manifest), 0);
      return { ofData, simulated: await of(simulatedSource(scenario, numSamples, manifest.csi, seed), numSamples) };
    };
    const { ofData, simulated } = await withProgress(manifest.id, 2 * numSamples, measureBoth);
    return {
      model: manifest.id,
      nmseDb: { data: ofData.nmseDb, simulated: simulated.nmseDb },
      floatMagnitudeNmseDb: {
        data: ofData.floatMagnitudeNmseDb ?? Number.NaN,
        simulated: simulated.floatMagnitudeNmseDb ?? Number.NaN,
      },
    };
  });
  const rates: SimulationRate[] = [];
  await withProgress('scenarios', scenarioNames.length, async (onProgress) => {
    for (const name of scenarioNames) {
      await nextTurn();
      if (signal.aborted) break;
      rates.push(measureSimulationRate(name, options.seconds / scenarioNames.length, seed));
      onProgress(rates.length);
    }
  });
  return { scenario, statistics, models, rates, metrics: simulatorMetrics(models, rates) };
}

/** What a later run is held to: how far simulated channels are from the data's, as models see it, and their cost. */
function simulatorMetrics(models: readonly ModelComparison[], rates: readonly SimulationRate[]): Metric[] {
  return [
    ...models.map(({ model, nmseDb }): Metric => {
      const value = Math.abs(nmseDb.simulated - nmseDb.data);
      return { name: `${model} NMSE apart, dB`, value, better: 'lower', tolerance: 0.1 };
    }),
    ...rates.map(({ scenario, pairsPerCpuSecond }) =>
      speedMetric(`${scenario} pairs a CPU second`, pairsPerCpuSecond, 'higher', 0.25),
    ),
  ];
}

/** Samples between two looks at the clock, or turns of the event loop, in which a signal is seen. */
const block = 64;

/** Statistics of the first samples of a source, which NMSE is measured on too; of those so far where it is interrupted. */
async function statisticsOf(source: CsiSource, numSamples: number, signal: AbortSignal): Promise<ChannelStatistics> {
  const statistician = new ChannelStatistician();
  for (let i = 0; i < numSamples; i++) {
    statistician.add(usableSample(source, 'downlink', i), usableSample(source, 'uplink', i));
    if (i % block !== block - 1) continue;
    await nextTurn();
    if (signal.aborted) break;
  }
  return statistician.result();
}

const shape = { numAntennas: 32, numDelays: 32 };
/** Simulates 16 UEs at walking speed for some time. */
function measureSimulationRate(scenario: ScenarioName, seconds: number, seed: number): SimulationRate {
  const settings = { ...standingUes(scenario, seed), speedKmh: 3, numUes: 16, numEnvironments: 1, numSamples: 2 ** 31 };
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
      for (let i = 0; i < block; i++) {
        const { value } = samples.next();
        if (value === undefined) throw new RangeError('the simulation is at its end');
        for (const synthesize of synthesizers) synthesize(value.paths, 0);
        paths += value.paths.delayNs.length;
      }
      pairs += block;
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
