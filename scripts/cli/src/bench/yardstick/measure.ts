import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createRandom, defaultCarriers } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { measureYardstick, yardstickSamples } from '@edge-csi/lab';
import { flagsFor, simulatedSource } from '@edge-csi/lab/data';
import type { Metric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { ReportNetworks } from '@edge-csi/models';
import { eachUntilInterrupted } from '../../interruption.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withVariables } from '../../options/data.ts';
import { networksById, requireOneShape } from '../../options/models.ts';
import { finite, integer } from '../../options/parse.ts';
import { type Progress, startProgress } from '../../progress.ts';
import { runSuite, suite } from '../suite.ts';
import { channelList, defaultChannels, type PanelChannels } from './channels.ts';
import { atBudgets, type YardstickPanel, type YardstickResult, yardstickPage } from './page.ts';

/** Short codewords: the sizes that 3GPP reports have. */
const defaultModels = ['dualnet-mag-m8', 'dualnet-mag-m16', 'dualnet-mag-m43', 'dualnet-mag-outdoor-m43'];
/** As many simulated for each that is measured: neighbours share an environment. */
const simulatedPerSample = 20;

function declare(bench: CommandUnknownOpts) {
  return withVariables(suite(bench, 'yardstick', defaultModels.join(', ')))
    .description(
      'SGCS and NMSE against bits of path reports, eType II, DualNet and top-K, on many channels side by side.',
    )
    .option(
      '--channels <list>',
      'NAME, simulated or of a sample that ships, or NAME=FILE; outdoor is at 300 / 260 MHz, all others at 5.3 / 5.1 GHz',
      channelList,
      channelList(defaultChannels),
    )
    .option('--samples <n>', 'samples of each, spread over it', integer(2, 1e6), 24)
    .option('--fit-samples <n>', 'simulated samples that top-K is fitted on', integer(2, 1e6), 1024)
    .option(
      '--snr-db <dB>',
      'noise on what the UE measures; figures are against the channel without it',
      finite(-20, 60),
    )
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench yardstick
  edge-csi bench yardstick --channels indoor,umi,munich --samples 16 --snr-db 10
  edge-csi bench yardstick --channels my-city=paths.npz --report yardstick.html`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench yardstick`: what the field compares, on every kind of channel. */
export const addYardstick = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('yardstick', options, measure, yardstickPage));

interface MeasuredResult extends YardstickResult {
  /** Names of the panels: there are several files, or none. */
  readonly data: string;
  readonly metrics: readonly Metric[];
}

async function measure(options: Options, signal: AbortSignal): Promise<MeasuredResult> {
  const { channels, zoo, snrDb } = options;
  const networks = await networksById(options.models ?? defaultModels, zoo);
  const panels = await eachUntilInterrupted(channels, signal, (panel) =>
    measurePanel(panel, networks, options, signal),
  );
  return {
    data: channels.map(({ name }) => name).join(', '),
    ...(snrDb !== undefined && { snrDb }),
    panels,
    metrics: panels.flatMap(metricsOf),
  };
}

async function measurePanel(
  panel: PanelChannels,
  networks: readonly ReportNetworks[],
  options: Options,
  signal: AbortSignal,
): Promise<YardstickPanel> {
  const { zoo, seed, fitSamples, snrDb } = options;
  const { name, file, scenario } = panel;
  const carriers = defaultCarriers(scenario);
  const suited = networks.filter(({ csi }) => csi.downlinkCarrierHz === carriers.downlinkCarrierHz);
  const [first = networks[0]] = suited;
  if (first === undefined)
    throw new UsageError('there is no model to take the shape of the CSI from; name one with --models');
  requireOneShape(suited);
  const other = networks.find(({ normalization }) => normalization.kind !== 'spherical');
  if (other !== undefined || first.normalization.kind !== 'spherical') {
    throw new UsageError(`top-K sends a norm, ${(other ?? first).id} does not; name spherical models with --models`);
  }
  const view = { ...first.csi, ...carriers };
  const source = await sourceOf(panel, view, options);
  const training = simulatedSource(scenario, fitSamples, view, seed + 1);
  const samples = yardstickSamples(source, options.samples, snrDb, createRandom(seed));
  const { scale } = first.normalization;
  const bars = barsOf(name);
  const measurement = {
    samples,
    training,
    trainingSamples: fitSamples,
    link: view,
    scale,
    networks: suited,
    zoo,
    seed,
    signal,
  };
  const curve = await measureYardstick({ ...measurement, onProgress: bars.onProgress }).finally(bars.stop);
  return {
    name,
    data: file === undefined ? scenario : path.basename(file),
    isSimulated: file === undefined,
    samples: samples.length,
    clusters: new Set(samples.map(({ cluster }) => cluster)).size,
    training: { data: training.name, samples: fitSamples },
    curve: curve.map(({ setting, ...point }) => ({ ...point, ...setting })),
    atBits: atBudgets(curve),
  };
}

async function sourceOf(
  { file, scenario }: PanelChannels,
  view: ReportNetworks['csi'],
  options: Options,
): Promise<CsiSource> {
  const { samples, seed } = options;
  if (file === undefined) return simulatedSource(scenario, simulatedPerSample * samples, view, seed);
  return createDataReader(flagsFor(file, options)).open({ csi: view });
}

/** A bar for every scheme of a panel, one after the other. */
function barsOf(panel: string) {
  let bar: (Progress & { readonly scheme: string }) | undefined;
  return {
    onProgress: (scheme: string, done: number, total: number) => {
      if (bar?.scheme !== scheme) {
        bar?.stop();
        bar = { scheme, ...startProgress(`${panel}, ${scheme}`, total) };
      }
      bar.update(done);
    },
    stop: () => bar?.stop(),
  };
}

/** What a later run is held to: path reports, and what they gain over eType II. */
function metricsOf({ name, atBits }: YardstickPanel): Metric[] {
  const higher = (what: string, bits: number, value: number | undefined): Metric[] =>
    value === undefined ? [] : [{ name: `${name}, ${what}, ${bits} bits`, value, better: 'higher', tolerance: 0.002 }];
  return atBits.flatMap(({ bits, paths, etype2 }) => [
    ...higher('SGCS of paths', bits, paths?.subbandSgcs),
    ...higher(
      'gain over eType II',
      bits,
      paths?.subbandSgcs && etype2?.subbandSgcs && paths.subbandSgcs - etype2.subbandSgcs,
    ),
  ]);
}
