import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { defaultCarriers, type ScenarioName, scenarioNames } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { measureThroughput, openContenders, type ThroughputRun } from '@edge-csi/lab';
import { flagsFor, linkSamples, requireUsable, sampleCount, sampleData, simulatedSource } from '@edge-csi/lab/data';
import type { Metric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Manifest } from '@edge-csi/models';
import { unlessInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, type DataReader, requireApart, withData } from '../../options/data.ts';
import { type FittingModels, modelsOfOneCurve, type SkippedModel } from '../../options/fitting-models.ts';
import { magnitudeModelsFor, mainReductions, modelsById, requireOneShape } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { type Progress, startProgress, withProgress } from '../../progress.ts';
import { fitSamplesOption, runSuite, suite } from '../suite.ts';
import { type ThroughputResult, throughputPage } from './page.ts';

const defaultSimulated = 1024;
/** Simulated samples that the codebook is fitted on where no file is given for it. */
const simulatedTraining = 4096;
/** Samples that the codebook's setting is chosen on. */
const selectSamples = 64;

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'throughput-gain', `the pruned ones of CR ${mainReductions.join(', ')}`))
    .description('Spectral efficiency from each estimate, beside perfect CSI, a codebook of as many bits, plain beams.')
    .addOption(new Option('--scenario <name>', 'simulate channels in place of --data').choices(scenarioNames))
    .option(
      '--samples <n>',
      `samples, the first of the data; default all, simulated ${defaultSimulated}`,
      integer(1, 1e7),
    )
    .option('--baselines-from <file>', `fit the codebook on this file; default ${simulatedTraining} simulated samples`)
    .option(...fitSamplesOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench throughput-gain --samples 400
  edge-csi bench throughput-gain --scenario umi --models dualnet-mag-m43 --markdown throughput.md
  edge-csi bench throughput-gain --data test.npz --baselines-from train.npz`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench throughput-gain`: spectral efficiency from each estimate, against perfect CSI and a codebook. */
export const addThroughputGain = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('throughput-gain', options, measure, throughputPage));

interface MeasuredResult extends ThroughputResult {
  /** What the UEs' channels are from. */
  readonly data: string;
  readonly metrics: readonly Metric[];
  readonly skipped?: readonly SkippedModel[];
}

async function measure(options: Options, signal: AbortSignal): Promise<MeasuredResult> {
  const { zoo, seed, scenario, baselinesFrom } = options;
  if (scenario === undefined) await requireApart({ '--data': options.data, '--baselines-from': baselinesFrom });
  const reader = createDataReader(options);
  const { chosen: manifests, skipped } = await chooseModels(options, reader);
  const [first] = manifests;
  if (first === undefined) throw new UsageError(`${zoo} has no model for this; name some with --models`);
  requireOneShape(manifests);
  const source =
    scenario === undefined
      ? await reader.open(first)
      : simulatedSource(scenario, options.samples ?? defaultSimulated, first.csi, seed);
  const samples = sampleCount(source, options.samples);
  if (scenario === undefined) requireUsable(source, Array(samples).keys());
  const training =
    baselinesFrom === undefined
      ? simulatedSource(scenarioOf(first), Math.min(simulatedTraining, options.fitSamples), first.csi, seed + 1)
      : await reader.open(first, flagsFor(baselinesFrom, options));
  const trainingSamples = sampleCount(training, options.fitSamples);
  const runs = await unlessInterrupted(signal, async () => {
    const select = spread(source, samples);
    const contenders = await openWithProgress({ manifests, zoo, training, trainingSamples, select, signal });
    return withProgress('samples', samples, (onProgress) =>
      measureThroughput({ source, samples, contenders: contenders.list, seed, signal, onProgress }),
    ).finally(() => contenders.close());
  });
  const measured = (runs ?? []).filter((run) => run.samples > 0);
  return {
    data: source.name,
    baselines: { data: training.name, samples: trainingSamples },
    runs: measured,
    ...(skipped.length > 0 && { skipped }),
    metrics: throughputMetrics(measured),
  };
}

/** Each part of the opening has a bar of its own. */
async function openWithProgress(options: Omit<Parameters<typeof openContenders>[0], 'onProgress'>) {
  let bar: (Progress & { readonly part: string }) | undefined;
  const onProgress = (part: string, done: number, total: number) => {
    if (bar?.part !== part) {
      bar?.stop();
      bar = { part, ...startProgress(part, total) };
    }
    bar.update(done);
  };
  return openContenders({ ...options, onProgress }).finally(() => bar?.stop());
}

/** What a later run is held to: spectral efficiency of the models, and what they gain over the codebook. */
function throughputMetrics(runs: readonly ThroughputRun[]): Metric[] {
  return runs.flatMap(({ scheme, family, throughput }) =>
    throughput.flatMap(({ users, snrDb, spectralEfficiency, interval, gain, gainInterval }): Metric[] => {
      if (family !== 'network') return [];
      const where = `${users} UEs at ${snrDb} dB`;
      const rate = { value: spectralEfficiency, better: 'higher', tolerance: 0.005 * spectralEfficiency } as const;
      const metrics: Metric[] = [{ name: `${scheme} bit/s/Hz, ${where}`, ...rate, ...(interval && { interval }) }];
      if (gain !== undefined) {
        const more = {
          value: gain,
          better: 'higher',
          tolerance: 0.02,
          ...(gainInterval && { interval: gainInterval }),
        } as const;
        metrics.push({ name: `${scheme} gain over the codebook, ${where}`, ...more });
      }
      return metrics;
    }),
  );
}

/** Models asked for; else the pruned ones of the main reductions, for the scenario's carriers or the zoo's first link. */
async function chooseModels(options: Options, reader: DataReader): Promise<FittingModels<Manifest>> {
  const { models, zoo, scenario } = options;
  if (models !== undefined) return { chosen: await modelsById(models, zoo), skipped: [] };
  const { chosen, skipped } =
    scenario === undefined
      ? await modelsOfOneCurve(options, reader)
      : { chosen: await magnitudeModelsFor(defaultCarriers(scenario), zoo), skipped: [] };
  return { chosen: chosen.filter(({ reduction }) => mainReductions.includes(reduction)), skipped };
}

/** The COST 2100 scenario of a model's carriers. @throws UsageError where there is none to fit the codebook on. */
function scenarioOf({ id, csi }: Manifest): ScenarioName {
  const found = scenarioNames.find((name) => defaultCarriers(name).downlinkCarrierHz === csi.downlinkCarrierHz);
  if (found !== undefined) return found;
  throw new UsageError(`no scenario is of ${id}'s carriers; give a file to fit the codebook on with --baselines-from`);
}

/** Samples spread over the first ones of a source, in order. */
function spread(source: CsiSource, samples: number) {
  const count = Math.min(selectSamples, samples);
  return Array.from({ length: count }, (_, i) => Math.floor((i * samples) / count)).flatMap((index) =>
    linkSamples(source, index, index + 1),
  );
}
