import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { defaultCarriers, type ScenarioName, scenarioNames } from '@edge-csi/csi';
import { type AgeingRun, createAgeGrid, measureAgeing, perfectCsiName } from '@edge-csi/lab';
import { type Metric, nmseMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { createPathManifest, type PathManifest, type ReportManifest } from '@edge-csi/models';
import type { OptionsOf } from '../../options/command.ts';
import { magnitudeModelsFor, mainReductions, reportModelsById, requireOneShape } from '../../options/models.ts';
import { finite, integer, listOf } from '../../options/parse.ts';
import { pathManifestOf, temporaryZooOf } from '../../options/path-model.ts';
import { withProgress } from '../../progress.ts';
import { runSuite, suite } from '../suite.ts';
import { type AgeingResult, ageingPage } from './page.ts';

/** Scenarios of the two links that the zoo has models for. */
const defaultScenarios: readonly ScenarioName[] = ['cost2100-indoor', 'cost2100-outdoor'];
/** Some 2.5 ms that 3GPP grants a UE (TS 38.214, 5.4), and the link. */
const defaultDelayMs = 4;

function declare(bench: CommandUnknownOpts) {
  return suite(
    bench,
    'ageing',
    `the pruned ones of CR ${mainReductions.join(', ')}, path reports, and path reports that predict`,
  )
    .description('What stale CSI costs, by speed and report period, beside what compression costs.')
    .addOption(
      new Option('--scenario <name>', `channels to simulate; default ${defaultScenarios.join(' and ')}`).choices(
        scenarioNames,
      ),
    )
    .option('--samples <n>', 'UEs, each in an environment of its own', integer(1, 1e7), 256)
    .option('--speeds-kmh <list>', 'speeds of UEs', listOf(finite(0.1, 500)), [1, 3, 10, 30])
    .option('--periods-ms <list>', 'report periods', listOf(integer(1, 10_000)), [5, 10, 20, 40, 80, 160])
    .option(
      '--delay-ms <ms>',
      'from the measurement at the UE to the estimate in use',
      integer(0, 1000),
      defaultDelayMs,
    )
    .option('--snr-db <dB>', 'noise on what UEs measure, default none', finite(-50, 200))
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench ageing
  edge-csi bench ageing --speeds-kmh 3,30 --periods-ms 5,20,80
  edge-csi bench ageing --scenario umi --models dualnet-mag-m43,paths-indoor --json ageing.json`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `bench ageing`: what the BS holds against the true channel as it ages, by speed and report period. */
export const addAgeing = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('ageing', options, measure, ageingPage));

interface MeasuredResult extends AgeingResult {
  /** The scenarios: there is no file. */
  readonly data: string;
  readonly curve: readonly HeldPoint[];
  readonly metrics: readonly Metric[];
}

async function measure(options: Options, signal: AbortSignal): Promise<MeasuredResult> {
  const { seed, samples: numTracks, speedsKmh, periodsMs, delayMs, snrDb } = options;
  const grid = createAgeGrid(periodsMs, delayMs);
  const runs: AgeingRun[] = [];
  const links = await chosen(options);
  try {
    for (const { scenario, models } of links) {
      if (signal.aborted) break;
      const measurement = { scenario, models, numTracks, speedsKmh, periodsMs, grid, snrDb, seed, signal };
      const ofScenario = await withProgress(scenario, numTracks, (onProgress) =>
        measureAgeing({ ...measurement, onProgress }),
      );
      runs.push(...ofScenario.filter(({ tracks }) => tracks > 0));
    }
  } finally {
    for (const { remove } of links) await remove?.();
  }
  const data = links.map(({ scenario }) => scenario).join(', ');
  return { data, delayMs, runs, curve: curveOf(runs, delayMs), metrics: ageingMetrics(runs) };
}

/** What is held, over the time that a report is in use: a point a scheme, scenario, speed and period. */
interface HeldPoint {
  readonly scheme: string | undefined;
  readonly scenario: ScenarioName;
  readonly speedKmh: number;
  readonly periodMs: number;
  /** Age at which the estimate comes into use, and at which the next one takes its place; figures are means in between. */
  readonly ageMs: readonly [number, number];
  readonly bits: number;
  readonly nmseDb: number;
  readonly sgcs: number;
}

function curveOf(runs: readonly AgeingRun[], delayMs: number): HeldPoint[] {
  return runs.flatMap(({ scheme, scenario, speedKmh, payloadBits: bits, byPeriod }) =>
    byPeriod.map(({ periodMs, nmseDb, sgcs }) => {
      const ageMs = [delayMs, delayMs + periodMs] as const;
      return { scheme, scenario, speedKmh, periodMs, ageMs, bits, nmseDb, sgcs };
    }),
  );
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

/** A scenario with what reports its channels. */
interface Link {
  readonly scenario: ScenarioName;
  readonly models: readonly { readonly manifest: ReportManifest; readonly zoo: string }[];
  /** Of the models that were made for this run. */
  readonly remove?: () => Promise<void>;
}

/** The model whose reports tell Doppler shifts. */
function predicting({ id, csi, rate, paths: { tables, maxPaths } }: PathManifest): PathManifest {
  return createPathManifest({ id: `${id}-predicted`, csi, rate, tables, maxPaths, measurements: 4 });
}

/** Scenarios with their models: those asked for, else the pruned ones of the main reductions and path reports of the same link. */
async function chosen({ models, zoo, scenario }: Options): Promise<Link[]> {
  const named = models && (await reportModelsById(models, zoo));
  const found: Link[] = [];
  for (const candidate of scenario === undefined ? defaultScenarios : [scenario]) {
    const carriers = defaultCarriers(candidate);
    const manifests = named
      ? named.filter(({ csi }) => csi.downlinkCarrierHz === carriers.downlinkCarrierHz)
      : (await magnitudeModelsFor(carriers, zoo)).filter(({ reduction }) => mainReductions.includes(reduction));
    const [first] = manifests;
    if (first === undefined) continue;
    requireOneShape(manifests);
    const ofZoo = manifests.map((manifest) => ({ manifest, zoo }));
    if (named) {
      found.push({ scenario: candidate, models: ofZoo });
      continue;
    }
    const plain = pathManifestOf(first.csi);
    const zoos = [await temporaryZooOf(plain), await temporaryZooOf(predicting(plain))];
    const remove = async () => {
      for (const made of zoos) await made.remove();
    };
    found.push({ scenario: candidate, models: [...ofZoo, ...zoos], remove });
  }
  if (found.length > 0) return found;
  const wanted = scenario ?? defaultScenarios.join(' or ');
  throw new UsageError(`no model is for the carriers of ${wanted}; name others with --models or --scenario`);
}
