import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChannelStatistician, type ChannelStatistics, type ScenarioName, scenarioNames } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { dataFor, openData, usableSample } from '../../data.ts';
import { eachUntilInterrupted } from '../../interruption.ts';
import { magnitudeModelsFor, modelsById } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import { renderTable } from '../../table.ts';
import { measureAccuracy } from '../accuracy.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type Metric, speedMetric } from '../metric.ts';
import { simulatedSource, still } from './simulated-source.ts';
import { measureSimulationRate, type SimulationRate } from './simulation-rate.ts';

/** A model's NMSE on the data and on simulated samples. */
interface ModelComparison {
  readonly model: string;
  readonly nmseDb: { readonly data: number; readonly simulated: number };
  readonly floatMagnitudeNmseDb: { readonly data: number; readonly simulated: number };
}

interface SimulatorResult {
  readonly scenario: ScenarioName;
  readonly statistics: { readonly data: ChannelStatistics; readonly simulated: ChannelStatistics };
  readonly models: readonly ModelComparison[];
  readonly rates: readonly SimulationRate[];
  readonly metrics: readonly Metric[];
}

/** `bench --suite simulator`: simulated channels beside those of a file, and what each scenario costs. */
export async function simulator(options: BenchOptions): Promise<SimulatorResult> {
  const { scenario = 'cost2100-indoor', seed } = options;
  const view = { numAntennas: 32, numDelays: 32, bandwidthHz: 20e6, numSubcarriers: 1024, timing: 'absolute' } as const;
  const carriers = still(scenario, seed);
  const data = await openData(dataFor({ csi: { ...view, ...carriers } }, options));
  const numSamples = Math.min(options.samples ?? data.numSamples, data.numSamples);
  const { models: named, zoo, signal } = options;
  const simulatedChannels = simulatedSource(scenario, numSamples, { ...view, ...carriers }, seed);
  const statistics = {
    data: await statisticsOf(data, numSamples, signal),
    simulated: await statisticsOf(simulatedChannels, numSamples, signal),
  };
  const manifests = named ? await modelsById(named, zoo) : await magnitudeModelsFor(carriers, zoo);
  const models = await eachUntilInterrupted(manifests, signal, async (manifest): Promise<ModelComparison> => {
    const progress = startProgress(manifest.id, 2 * numSamples);
    const measure = async (source: CsiSource, done: number) => {
      const onProgress = (now: number) => progress.update(done + now);
      const run = await measureAccuracy({ manifest, zoo, source, samples: numSamples, signal, onProgress });
      // Both sides are of as many samples, or they are not compared.
      signal.throwIfAborted();
      return run;
    };
    try {
      const ofData = await measure(await openData(dataFor(manifest, options)), 0);
      const simulated = await measure(simulatedSource(scenario, numSamples, manifest.csi, seed), numSamples);
      return {
        model: manifest.id,
        nmseDb: { data: ofData.nmseDb, simulated: simulated.nmseDb },
        floatMagnitudeNmseDb: { data: ofData.floatMagnitudeNmseDb, simulated: simulated.floatMagnitudeNmseDb },
      };
    } finally {
      progress.stop();
    }
  });
  const progress = startProgress('scenarios', scenarioNames.length);
  const rates: SimulationRate[] = [];
  for (const name of scenarioNames) {
    await nextTurn();
    if (signal.aborted) break;
    rates.push(measureSimulationRate(name, options.seconds / scenarioNames.length, seed));
    progress.update(rates.length);
  }
  progress.stop();
  const result: SimulatorResult = { scenario, statistics, models, rates, metrics: simulatorMetrics(models, rates) };
  process.stdout.write(`${render(result, path.basename(options.data))}\n`);
  return result;
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

/** Samples between two turns of the event loop, in which a signal is seen. */
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

function render({ scenario, statistics, models, rates }: SimulatorResult, dataName: string): string {
  const { data, simulated } = statistics;
  const row = (name: string, of: (s: ChannelStatistics) => string) => [name, of(data), of(simulated)];
  const compared = [
    row('UL/DL correlation of |H|', (s) => s.magnitudeCorrelation.toFixed(3)),
    row('of |Re|, |Im|', (s) => s.partsCorrelation.toFixed(3)),
    row('of H', (s) => s.complexCorrelation.toFixed(3)),
    row('energy in the first 1, 2, 4, 8, 16 taps', (s) => s.energyInFirstTaps.map((e) => e.toFixed(3)).join(' ')),
    row('entries with 90, 95, 99 % of the energy', (s) => s.entriesHolding.join(' ')),
    ...models.flatMap(({ model, nmseDb, floatMagnitudeNmseDb }) => [
      [`NMSE dB, ${model}`, nmseDb.data.toFixed(2), nmseDb.simulated.toFixed(2)],
      ['float codeword, phases known', floatMagnitudeNmseDb.data.toFixed(2), floatMagnitudeNmseDb.simulated.toFixed(2)],
    ]),
  ];
  const costs = rates.map(({ scenario: name, paths, pairsPerCpuSecond, pairsPerSecond }) => [
    name,
    paths.toFixed(0),
    pairsPerCpuSecond.toFixed(0),
    pairsPerSecond.toFixed(0),
  ]);
  return [
    `${data.samples} samples of ${dataName}, ${simulated.samples} of ${scenario}`,
    renderTable(['', 'data', 'simulated'], compared),
    renderTable(['one thread, 32 x 32', 'paths', 'UL/DL pairs a CPU second', 'a second'], costs),
  ].join('\n\n');
}
