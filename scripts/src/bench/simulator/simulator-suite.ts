import path from 'node:path';
import { ChannelStatistician, type ChannelStatistics, type ScenarioName, scenarioNames } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import type { Manifest } from '@edge-csi/models';
import { listModels } from '@edge-csi/models/disk';
import { dataFor, openData, usableSample } from '../../data.ts';
import { modelsById } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import { renderTextSections } from '../../report/text-sections.ts';
import { measureAccuracy } from '../accuracy.ts';
import type { BenchOptions } from '../bench-options.ts';
import { drawSamples, simulatedSource, still } from './simulated-source.ts';
import { measureSimulationRate } from './simulation-rate.ts';
import { type ModelComparison, type SimulatorResult, simulatorPage } from './simulator-report.ts';

/** As many UEs share an environment in the COST 2100 data that figures are compared with. */
const uesPerEnvironment: Partial<Record<ScenarioName, number>> = { 'cost2100-outdoor': 40 };
const defaultUes = 20;

/** `bench --suite simulator`: simulated channels beside those of a file, and what each scenario costs. */
export async function simulator(options: BenchOptions): Promise<SimulatorResult> {
  const { scenario = 'cost2100-indoor', seed } = options;
  const view = { numAntennas: 32, numDelays: 32, bandwidthHz: 20e6, numSubcarriers: 1024, timing: 'absolute' } as const;
  const carriers = still(scenario, seed);
  const data = await openData(dataFor({ csi: { ...view, ...carriers } }, options));
  const numSamples = Math.min(options.samples ?? data.numSamples, data.numSamples);
  const samples = drawSamples(scenario, numSamples, uesPerEnvironment[scenario] ?? defaultUes, seed);
  const statistics = {
    data: statisticsOf(data, numSamples),
    simulated: statisticsOf(simulatedSource(scenario, samples, { ...view, ...carriers }), numSamples),
  };
  const models: ModelComparison[] = [];
  for (const manifest of await chosenModels(options, carriers)) {
    const progress = startProgress(manifest.id, 2 * numSamples);
    const measure = async (source: CsiSource, done: number) =>
      measureAccuracy({
        manifest,
        zoo: options.zoo,
        source,
        samples: numSamples,
        onProgress: (now) => progress.update(done + now),
      });
    try {
      const ofData = await measure(await openData(dataFor(manifest, options)), 0);
      const simulated = await measure(simulatedSource(scenario, samples, manifest.csi), numSamples);
      models.push({
        model: manifest.id,
        nmseDb: { data: ofData.nmseDb, simulated: simulated.nmseDb },
        floatMagnitudeNmseDb: { data: ofData.floatMagnitudeNmseDb, simulated: simulated.floatMagnitudeNmseDb },
      });
    } finally {
      progress.stop();
    }
  }
  const progress = startProgress('scenarios', scenarioNames.length);
  const rates = scenarioNames.map((name, i) => {
    const rate = measureSimulationRate(name, options.seconds / scenarioNames.length, seed);
    progress.update(i + 1);
    return rate;
  });
  progress.stop();
  const result: SimulatorResult = { scenario, statistics, models, rates };
  const { lead, sections } = simulatorPage(result, path.basename(options.data));
  process.stdout.write(`${lead}\n\n${renderTextSections(sections)}\n`);
  return result;
}

/** Models asked for; else the pruned ones for the scenario's carriers, on magnitudes, spherical, of 32 x 32. */
async function chosenModels(
  { models, zoo }: BenchOptions,
  carriers: { downlinkCarrierHz: number },
): Promise<Manifest[]> {
  if (models !== undefined) return modelsById(models, zoo);
  return (await listModels(zoo)).filter(
    ({ pruned, planes, normalization, csi }) =>
      pruned &&
      planes !== 'absolute-parts' &&
      normalization.kind === 'spherical' &&
      csi.downlinkCarrierHz === carriers.downlinkCarrierHz &&
      csi.numAntennas === 32 &&
      csi.numDelays === 32,
  );
}

/** Statistics of the first samples of a source, which NMSE is measured on too. */
function statisticsOf(source: CsiSource, numSamples: number): ChannelStatistics {
  const statistician = new ChannelStatistician();
  for (let i = 0; i < numSamples; i++) {
    statistician.add(usableSample(source, 'downlink', i), usableSample(source, 'uplink', i));
  }
  return statistician.result();
}
