import path from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { ChannelStatistician, type ChannelStatistics, scenarioNames } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { measureAccuracy } from '@edge-csi/lab';
import { dataFor, openData, simulatedSource, still, usableSample } from '@edge-csi/lab/data';
import { type Metric, speedMetric } from '@edge-csi/lab/metrics';
import { renderTextSections } from '@edge-csi/report';
import { eachUntilInterrupted } from '../../interruption.ts';
import { magnitudeModelsFor, modelsById } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type ModelComparison, type SimulatorResult, simulatorPage } from './page.ts';
import { measureSimulationRate, type SimulationRate } from './simulation-rate.ts';

type MeasuredResult = SimulatorResult & { readonly metrics: readonly Metric[] };

/** `bench --suite simulator`: simulated channels beside those of a file, and what each scenario costs. */
export async function simulator(options: BenchOptions): Promise<MeasuredResult> {
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
  const result: MeasuredResult = { scenario, statistics, models, rates, metrics: simulatorMetrics(models, rates) };
  const { lead, sections } = simulatorPage(result, path.basename(options.data));
  process.stdout.write(`${lead}\n\n${renderTextSections(sections)}\n`);
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
