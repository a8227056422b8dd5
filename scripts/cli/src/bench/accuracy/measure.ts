import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { defaultCarriers, type ScenarioName, scenarioNames } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import {
  type BrokenDownRun,
  breakdowns,
  distanceBins,
  measureAccuracy,
  measureBySnr,
  measureUplinkOnly,
  numSnrLevels,
  recordAccuracy,
  type UplinkOnlyRun,
} from '@edge-csi/lab';
import { requireUplink, sampleCount, sampleData, simulatedSource } from '@edge-csi/lab/data';
import { type Interval, type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { type AnyManifest, isUplinkOnly, type ReportManifest } from '@edge-csi/models';
import { encoderBackends } from '@edge-csi/ue-client';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, type DataReader, withData } from '../../options/data.ts';
import { type FittingModels, fittingModels, requireFitting, type SkippedModel } from '../../options/fitting-models.ts';
import { anyModels, listedFirst, modelsForCarriers } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { withProgress } from '../../progress.ts';
import { runSuite, suite } from '../suite.ts';
import { type AccuracyResult, accuracyPage } from './page.ts';

/** Samples to simulate unless told otherwise: as many as the sample that ships. */
const defaultSimulated = 1024;

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'accuracy', 'all of one link that the data fit'))
    .description('NMSE, SGCS and bits of every model at its own rate, without sockets.')
    .option(
      '--samples <n>',
      `samples, the first of the data; default all, simulated ${defaultSimulated}`,
      integer(1, 1e7),
    )
    .addOption(new Option('--scenario <name>', 'simulate channels in place of --data').choices(scenarioNames))
    .addOption(new Option('--by <what>', 'in parts by distance, or at SNRs of both measurements').choices(breakdowns))
    .addOption(new Option('--encoder <name>', 'what the UE encodes with').choices(encoderBackends))
    .option('--record', "write the figures into the models' manifests")
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench accuracy
  edge-csi bench accuracy --data my-test-split.npz --models dualnet-mag-m43 --json accuracy.json
  edge-csi bench accuracy --data my-test-split.npz --models dualnet-mag-m43 --baseline accuracy.json
  edge-csi bench accuracy --by snr --models dualnet-mag-m16,dualnet-mag-m43
  edge-csi bench accuracy --scenario umi --samples 5000 --by distance`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench accuracy`: every model at its own rate. */
export const addAccuracy = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('accuracy', options, measure, accuracyPage));

interface MeasuredResult extends AccuracyResult {
  /** Where the channels come from, in place of a file. */
  readonly scenario?: ScenarioName;
  readonly data?: string;
  readonly metrics: readonly Metric[];
  readonly skipped?: readonly SkippedModel[];
}

async function measure(options: Options, signal: AbortSignal): Promise<MeasuredResult> {
  const { scenario, samples, record, encoder } = options;
  if (record && encoder !== undefined) {
    throw new UsageError('--record writes figures of the ort encoder; leave --encoder out');
  }
  if (record && scenario !== undefined) {
    throw new UsageError('--record writes figures on a file into manifests; leave --scenario out');
  }
  const runs: BrokenDownRun[] = [];
  const uplinkOnly: UplinkOnlyRun[] = [];
  const reader = createDataReader(options);
  const { chosen, skipped } = await chooseModels(options, reader);
  // What would fail once others are measured fails before.
  if (scenario === undefined) await requireSamples(chosen, reader, samples);
  for (const manifest of chosen) {
    const source =
      scenario === undefined
        ? await reader.open(manifest)
        : simulatedSource(scenario, samples ?? defaultSimulated, manifest.csi, options.seed);
    if (isUplinkOnly(manifest)) {
      const run = await underProgress(manifest.id, source, samples, (onProgress) =>
        measureUplinkOnly({ manifest, zoo: options.zoo, source, samples, signal, onProgress }),
      );
      if (signal.aborted) break;
      if (options.record) await recordAccuracy(options.zoo, options.data, run);
      uplinkOnly.push(run);
      continue;
    }
    const run = await measureRun(manifest, source, options, signal);
    if (run.samples > 0) runs.push(run);
    if (signal.aborted) break;
    if (options.record) await recordAccuracy(options.zoo, options.data, run);
  }
  return {
    ...(scenario && { scenario, data: scenario }),
    // What they have of each environment is in the metrics.
    runs: runs.map(({ environments: _, ...run }) => run),
    uplinkOnly,
    ...(skipped.length > 0 && { skipped }),
    metrics: metricsOf(runs, uplinkOnly),
  };
}

async function measureRun(
  manifest: ReportManifest,
  source: CsiSource,
  { by, seed, zoo, samples, encoder }: Options,
  signal: AbortSignal,
): Promise<BrokenDownRun> {
  const measurement = { manifest, zoo, source, samples, encoder, seed, signal };
  const bins = by === 'distance' ? distanceBins(source, samples) : undefined;
  const run = await underProgress(manifest.id, source, samples, (onProgress) =>
    measureAccuracy({ ...measurement, onProgress, ...(bins && { onSample: bins.add }) }),
  );
  if (bins !== undefined) return { ...run, breakdown: { by: 'distance', bins: bins.result(seed) } };
  if (by !== 'snr') return run;
  const bySnr = await underProgress(
    `${manifest.id}, noise`,
    source,
    samples,
    (onProgress) => measureBySnr({ ...measurement, onProgress }),
    numSnrLevels,
  );
  return { ...run, breakdown: { by, bins: bySnr } };
}

function underProgress<T>(
  label: string,
  source: CsiSource,
  samples: number | undefined,
  work: (onProgress: (done: number) => void) => Promise<T>,
  times = 1,
): Promise<T> {
  return withProgress(label, times * sampleCount(source, samples), work);
}

/** Models asked for; else those that the data fit, of one link, since a data file belongs to one, or those of a scenario's carriers. */
async function chooseModels(
  { models, zoo, scenario }: Options,
  reader: DataReader,
): Promise<FittingModels<AnyManifest>> {
  if (models !== undefined) return { chosen: await anyModels(models, zoo), skipped: [] };
  if (scenario !== undefined) return { chosen: await modelsForCarriers(defaultCarriers(scenario), zoo), skipped: [] };
  const { chosen, skipped } = requireFitting(await fittingModels(await listedFirst(zoo), reader));
  return { chosen: chosen.toSorted((a, b) => a.id.localeCompare(b.id, 'en', { numeric: true })), skipped };
}

/** Looks at every sample that will be measured, as every model sees it. */
async function requireSamples(manifests: readonly AnyManifest[], reader: DataReader, samples: number | undefined) {
  for (const manifest of manifests.filter(isUplinkOnly)) {
    requireUplink(await reader.open(manifest), `${manifest.id} estimates from nothing else`);
  }
  await reader.check(manifests, samples);
}

/** What a later run is held to. */
function metricsOf(runs: readonly BrokenDownRun[], uplinkOnly: readonly UplinkOnlyRun[]): Metric[] {
  const similarity = (name: string, value: number, interval: Interval | undefined): Metric => {
    return { name, value, better: 'higher', tolerance: 0.001, ...(interval && { interval }) };
  };
  return [
    ...runs.flatMap(({ model, environments, intervals, payloadBits, ...run }): Metric[] => [
      nmseMetric(`${model} NMSE dB`, run.nmseDb, {
        ...(intervals && { interval: intervals.nmseDb }),
        ...(environments && { environments }),
      }),
      nmseMetric(`${model} |H| NMSE dB`, run.magnitudeNmseDb, intervals && { interval: intervals.magnitudeNmseDb }),
      similarity(`${model} SGCS`, run.sgcs, intervals?.sgcs),
      similarity(`${model} subband SGCS`, run.subbandSgcs, intervals?.subbandSgcs),
      similarity(`${model} rho`, run.rho, intervals?.rho),
      // The rate of a model on some samples is not by chance.
      { name: `${model} bits`, value: payloadBits.mean, better: 'lower', tolerance: 0.01 * payloadBits.mean },
    ]),
    ...uplinkOnly.map(({ model, magnitudeNmseDb }) => nmseMetric(`${model} |H| NMSE dB`, magnitudeNmseDb)),
  ];
}
