import { defaultCarriers, type ScenarioName } from '@edge-csi/csi';
import { type AgeingRun, createAgeGrid, measureAgeing, perfectCsiName } from '@edge-csi/lab';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Manifest } from '@edge-csi/models';
import { renderTextSections } from '@edge-csi/report';
import { magnitudeModelsFor, modelsById, requireOneShape } from '../../model-choice.ts';
import { startProgress } from '../../progress.ts';
import type { BenchOptions } from '../bench-options.ts';
import { type AgeingResult, ageingPage } from './page.ts';

interface MeasuredResult extends AgeingResult {
  /** The scenarios: there is no file. */
  readonly data: string;
  readonly metrics: readonly Metric[];
}

/** Scenarios of the two links that the zoo has models for. */
const defaultScenarios: readonly ScenarioName[] = ['cost2100-indoor', 'cost2100-outdoor'];
const defaultReductions = [4, 8, 12];
const defaultTracks = 256;
const defaultSpeedsKmh = [1, 3, 10, 30];
const defaultPeriodsMs = [5, 10, 20, 40, 80, 160];
/** Some 2.5 ms that 3GPP grants a UE (TS 38.214, 5.4), and the link. */
const defaultDelayMs = 4;

/** `bench --suite ageing`: what the BS holds against the true channel as it ages, by speed and report period. */
export async function ageing(options: BenchOptions): Promise<MeasuredResult> {
  const { speedsKmh = defaultSpeedsKmh, periodsMs = defaultPeriodsMs, delayMs = defaultDelayMs } = options;
  const { seed, zoo, signal, samples: numTracks = defaultTracks } = options;
  const grid = createAgeGrid(periodsMs, delayMs);
  const runs: AgeingRun[] = [];
  const links = await chosen(options);
  for (const { scenario, manifests } of links) {
    if (signal.aborted) break;
    const progress = startProgress(scenario, numTracks);
    const onProgress = progress.update;
    const measurement = { scenario, manifests, zoo, numTracks, speedsKmh, periodsMs, grid, seed, signal, onProgress };
    const ofScenario = await measureAgeing(measurement).finally(progress.stop);
    runs.push(...ofScenario.filter(({ tracks }) => tracks > 0));
  }
  const data = links.map(({ scenario }) => scenario).join(', ');
  const result: MeasuredResult = { data, delayMs, runs, metrics: ageingMetrics(runs) };
  const { lead, sections } = ageingPage(result);
  process.stdout.write(`${lead}\n\n${renderTextSections(sections)}\n`);
  return result;
}

/** What a later run is held to: how models' estimates age. The true matrix is the simulator's affair. */
function ageingMetrics(runs: readonly AgeingRun[]): Metric[] {
  return runs.flatMap(({ csi, scenario, speedKmh, byPeriod }) =>
    byPeriod.flatMap(({ periodMs, nmseDb, intervals }) =>
      csi === perfectCsiName
        ? []
        : nmseMetric(
            `${csi} NMSE dB, ${scenario}, ${speedKmh} km/h, every ${periodMs} ms`,
            nmseDb,
            intervals && { interval: intervals.nmseDb },
          ),
    ),
  );
}

/** Scenarios with their models: those asked for, else the pruned ones of the main reductions. */
async function chosen({ models, zoo, scenario }: BenchOptions) {
  const named = models && (await modelsById(models, zoo));
  const found: { scenario: ScenarioName; manifests: Manifest[] }[] = [];
  for (const candidate of scenario === undefined ? defaultScenarios : [scenario]) {
    const carriers = defaultCarriers(candidate);
    const manifests = named
      ? named.filter(({ csi }) => csi.downlinkCarrierHz === carriers.downlinkCarrierHz)
      : (await magnitudeModelsFor(carriers, zoo)).filter(({ reduction }) => defaultReductions.includes(reduction));
    if (manifests.length === 0) continue;
    requireOneShape(manifests);
    found.push({ scenario: candidate, manifests });
  }
  if (found.length > 0) return found;
  const wanted = scenario ?? defaultScenarios.join(' or ');
  throw new UsageError(`no model is for the carriers of ${wanted}; name others with --models or --scenario`);
}
