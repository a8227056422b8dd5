import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { defaultCarriers, scenarioNames } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { measureThroughput, openContenders, type ThroughputRun } from '@edge-csi/lab';
import { linkSamples, requireUsable, sampleCount, sampleData, simulatedSource } from '@edge-csi/lab/data';
import type { Metric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { ReportNetworks } from '@edge-csi/models';
import { unlessInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, type DataReader, withData } from '../../options/data.ts';
import { type FittingModels, modelsOfOneCurve, type SkippedModel } from '../../options/fitting-models.ts';
import { magnitudeModelsFor, mainReductions, networksById, requireOneShape } from '../../options/models.ts';
import { integer } from '../../options/parse.ts';
import { type Progress, startProgress, withProgress } from '../../progress.ts';
import { runSuite, suite } from '../suite.ts';
import { type ThroughputResult, throughputPage } from './page.ts';

const defaultSimulated = 1024;
/** Samples that settings of path reports and of eType II are chosen on. */
const selectSamples = 64;

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'throughput-gain', `the pruned ones of CR ${mainReductions.join(', ')}`))
    .description(
      'Spectral efficiency at equal bits: models, path reports, eType II, beside perfect CSI and plain beams.',
    )
    .addOption(new Option('--scenario <name>', 'simulate channels in place of --data').choices(scenarioNames))
    .option(
      '--samples <n>',
      `samples, the first of the data; default all, simulated ${defaultSimulated}`,
      integer(1, 1e7),
    )
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench throughput-gain --samples 400
  edge-csi bench throughput-gain --scenario umi --models dualnet-mag-m43 --markdown throughput.md
  edge-csi bench throughput-gain --data test.npz --models dualnet-mag-m16 --json throughput.json`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench throughput-gain`: spectral efficiency from each estimate, against perfect CSI, path reports and eType II. */
export const addThroughputGain = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('throughput-gain', options, measure, throughputPage));

interface MeasuredResult extends ThroughputResult {
  /** What the UEs' channels are from. */
  readonly data: string;
  readonly metrics: readonly Metric[];
  readonly skipped?: readonly SkippedModel[];
}

async function measure(options: Options, signal: AbortSignal): Promise<MeasuredResult> {
  const { zoo, seed, scenario } = options;
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
  const runs = await unlessInterrupted(signal, async () => {
    const select = spread(source, samples);
    const contenders = await openWithProgress({ manifests, zoo, select, signal });
    return withProgress('samples', samples, (onProgress) =>
      measureThroughput({ source, samples, contenders: contenders.list, seed, signal, onProgress }),
    ).finally(() => contenders.close());
  });
  const measured = (runs ?? []).filter((run) => run.samples > 0);
  return {
    data: source.name,
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

/** What a later run is held to: spectral efficiency of models and path reports, and what these gain over eType II. */
function throughputMetrics(runs: readonly ThroughputRun[]): Metric[] {
  return runs.flatMap(({ scheme, family, throughput }) =>
    throughput.flatMap(({ users, snrDb, spectralEfficiency, interval, gain, gainInterval }): Metric[] => {
      if (family === 'baseline') return [];
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
        metrics.push({ name: `${scheme}, gain at equal bits, ${where}`, ...more });
      }
      return metrics;
    }),
  );
}

/** Models asked for; else the pruned ones of the main reductions, for the scenario's carriers or the zoo's first link. */
async function chooseModels(options: Options, reader: DataReader): Promise<FittingModels<ReportNetworks>> {
  const { models, zoo, scenario } = options;
  if (models !== undefined) return { chosen: await networksById(models, zoo), skipped: [] };
  const { chosen, skipped } =
    scenario === undefined
      ? await modelsOfOneCurve(options, reader)
      : { chosen: await magnitudeModelsFor(defaultCarriers(scenario), zoo), skipped: [] };
  return { chosen: chosen.filter(({ reduction }) => mainReductions.includes(reduction)), skipped };
}

/** Samples spread over the first ones of a source, in order. */
function spread(source: CsiSource, samples: number) {
  const count = Math.min(selectSamples, samples);
  return Array.from({ length: count }, (_, i) => Math.floor((i * samples) / count)).flatMap((index) =>
    linkSamples(source, index, index + 1),
  );
}
