import path from 'node:path';
import { scenarioNames } from '@edge-csi/csi';
import { breakdowns } from '@edge-csi/lab';
import { sampleData } from '@edge-csi/lab/data';
import type { Metric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { zooDirectory } from '@edge-csi/models/disk';
import { encoderBackends } from '@edge-csi/ue-client';
import { Command, Option } from 'commander';
import { accuracy } from '../bench/accuracy/measure.ts';
import { ageing } from '../bench/ageing/measure.ts';
import { compareWith, readBaseline, renderComparison } from '../bench/baseline.ts';
import type { BenchOptions } from '../bench/bench-options.ts';
import { type BenchReport, type BenchSuite, benchPage } from '../bench/bench-page.ts';
import { cluster } from '../bench/cluster/measure.ts';
import { decoder } from '../bench/decoder/measure.ts';
import { dense } from '../bench/dense/measure.ts';
import { latency } from '../bench/latency/measure.ts';
import { runRateDistortion } from '../bench/rate-distortion/measure.ts';
import { rateDistortionJson, renderRateDistortion } from '../bench/rate-distortion/page.ts';
import { server } from '../bench/server/measure.ts';
import { simulator } from '../bench/simulator/measure.ts';
import { soak } from '../bench/soak/measure.ts';
import { throughputGain } from '../bench/throughput/measure.ts';
import { commandLine } from '../command-line.ts';
import { addDataOptions } from '../data-options.ts';
import { describeEnvironment, describeStart } from '../environment.ts';
import { Interrupted, withInterruption } from '../interruption.ts';
import { requireWritable, writeJson } from '../json-file.ts';
import { modelsById, prunedModelsOfOneShape } from '../model-choice.ts';
import { defaultProviders } from '../provider.ts';
import { finite, integer, integers, list, numbers } from '../usage.ts';
import { addPageOptions, requirePageTargets, writePage } from '../write-page.ts';

/** Samples that the baselines are fitted on unless told otherwise: about as many as the networks were trained on. */
const defaultFitSamples = 50_000;

const suites = {
  accuracy,
  'rate-distortion': rateDistortion,
  dense,
  decoder,
  latency,
  server,
  simulator,
  soak,
  ageing,
  'throughput-gain': throughputGain,
  cluster,
} as const satisfies Record<BenchSuite, unknown>;

/** Options that only some suites have. */
const ownedOptions = [
  ['baselinesFrom', '--baselines-from', ['rate-distortion', 'dense', 'throughput-gain']],
  ['select', '--select', ['rate-distortion']],
  ['encoder', '--encoder', ['accuracy']],
  ['provider', '--provider', ['server', 'decoder']],
  ['scenario', '--scenario', ['accuracy', 'simulator', 'ageing', 'throughput-gain']],
  ['by', '--by', ['accuracy']],
  ['speedsKmh', '--speeds-kmh', ['ageing']],
  ['periodsMs', '--periods-ms', ['ageing']],
  ['delayMs', '--delay-ms', ['ageing']],
] as const satisfies readonly (readonly [keyof BenchOptions, string, readonly string[]])[];

/** `edge-csi bench`: accuracy without sockets, throughput with them. */
export function benchCommand(): Command {
  return addPageOptions(addDataOptions(new Command('bench'), sampleData))
    .description(
      'Benchmarks: accuracy per model, NMSE against bits, the Dense layer, cost of decoder and encoder, server load, soak, simulator, the way over a broker.',
    )
    .requiredOption('--suite <name>', `one of ${Object.keys(suites).join(', ')}`)
    .option('--zoo <dir>', 'folder of models', zooDirectory())
    .option('--models <ids>', 'models to measure; default all (accuracy), the pruned ones (others)', list('--models'))
    .option(
      '--samples <n>',
      'samples, the first of the data, of rate-distortion spread over it; default all. Simulated ones: default 1024; UEs of ageing: 256',
      integer('--samples', 1, 1e7),
    )
    .option(
      '--baselines-from <file>',
      'rate-distortion, dense, throughput-gain: fit classical schemes on this file, with both bands, and add them',
    )
    .option(
      '--fit-samples <n>',
      'samples of --baselines-from, spread over it, at most',
      integer('--fit-samples', 2, 1e7),
      defaultFitSamples,
    )
    .option('--select <file>', 'rate-distortion: choose operating points on this file; default --data')
    .option('--ues <n>', 'UEs of server, soak and cluster', integer('--ues', 1, 1024), 64)
    .option('--batch-size <n>', 'reports decoded at once', integer('--batch-size', 1, 256), 16)
    .addOption(
      new Option('--provider <name>', 'server, decoder: execution provider of the decoder; default cpu').choices(
        defaultProviders,
      ),
    )
    .option(
      '--rounds <n>',
      'measurements in turn: raw and through sockets; over the broker and not; cold starts',
      integer('--rounds', 1, 100),
      3,
    )
    .option(
      '--seconds <s>',
      'length of one measurement, default 4; of a soak, default 1200',
      finite('--seconds', 0.1, 1e6),
    )
    .option(
      '--seed <n>',
      'of everything drawn: arrivals, joins, simulated channels, noise, the bootstrap of intervals',
      integer('--seed', 0, 2 ** 31 - 1),
      7,
    )
    .option('--record', "accuracy: write the figures into the models' manifests")
    .addOption(new Option('--encoder <name>', 'accuracy: what the UE encodes with').choices(encoderBackends))
    .addOption(
      new Option(
        '--scenario <name>',
        'simulator: what to simulate beside --data, default cost2100-indoor; accuracy: in place of --data',
      ).choices(scenarioNames),
    )
    .addOption(
      new Option('--by <what>', 'accuracy: in parts by distance, or at SNRs of both measurements').choices(breakdowns),
    )
    .option('--speeds-kmh <list>', 'ageing: speeds of UEs, default 1,3,10,30', numbers('--speeds-kmh', 0.1, 500))
    .option(
      '--periods-ms <list>',
      'ageing: report periods, default 5,10,20,40,80,160',
      integers('--periods-ms', 1, 10_000),
    )
    .option(
      '--delay-ms <ms>',
      'ageing: from the measurement at the UE to the estimate in use, default 4',
      integer('--delay-ms', 0, 1000),
    )
    .option('--baseline <file>', 'compare with a run that --json has written; exit code 1 where a figure is worse')
    .option('--json <file>', 'write the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench --suite accuracy
  edge-csi bench --suite accuracy --data my-test-split.npz --models dualnet-mag-m43 --json accuracy.json
  edge-csi bench --suite accuracy --data my-test-split.npz --models dualnet-mag-m43 --baseline accuracy.json
  edge-csi bench --suite accuracy --scenario umi --samples 5000 --by distance
  edge-csi bench --suite ageing --speeds-kmh 3,30 --periods-ms 5,20,80
  edge-csi bench --suite throughput-gain --samples 400
  edge-csi bench --suite rate-distortion --data test.npz --baselines-from train.npz --select val.npz --report curve.html
  edge-csi bench --suite latency --models dualnet-mag-m43,dualnet-mag-m128
  edge-csi bench --suite server --json server.json --report server.html --svg figures
  edge-csi bench --suite simulator --models dualnet-mag-m43 --json simulator.json
  edge-csi bench --suite soak --seconds 1200 --json soak.json
  edge-csi bench --suite cluster --models dualnet-mag-m43 --markdown cluster.md`,
    )
    .action(run);
}

/** Length of a measurement where none is asked for. */
const defaultSeconds = { soak: 1200, other: 4 } as const;

/** Fields of the JSON. Problems, where a suite looks for some, make the command fail once they are written. */
type SuiteResult = object & { readonly metrics: readonly Metric[]; readonly problems?: readonly string[] };

type GivenOptions = Omit<BenchOptions, 'seconds' | 'signal'> & Partial<Pick<BenchOptions, 'seconds'>>;

async function run(given: GivenOptions): Promise<void> {
  const seconds = given.seconds ?? (given.suite === 'soak' ? defaultSeconds.soak : defaultSeconds.other);
  await requireUsable(given);
  await withInterruption((signal) => runSuite({ ...given, seconds, signal }));
}

/** @throws UsageError where options contradict the suite or each other. */
async function requireUsable(options: GivenOptions): Promise<void> {
  await requireWritable(options.json);
  if (!Object.hasOwn(suites, options.suite)) {
    throw new UsageError(`--suite is '${options.suite}', give one of ${Object.keys(suites).join(', ')}`);
  }
  for (const [option, flag, owners] of ownedOptions) {
    if (options[option] === undefined || (owners as readonly string[]).includes(options.suite)) continue;
    throw new UsageError(`${flag} belongs to --suite ${owners.join(' and ')}, not to ${options.suite}`);
  }
  if (options.record && options.encoder !== undefined) {
    throw new UsageError('--record writes figures of the ort encoder; leave --encoder out');
  }
  await requirePageTargets(options);
}

async function runSuite(options: BenchOptions): Promise<void> {
  const { seed, data, json, signal } = options;
  const suite = options.suite as BenchSuite;
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline, suite);
  const start = describeStart();
  const results: SuiteResult = await suites[suite](options);
  const environment = describeEnvironment(options.provider ?? 'cpu');
  // JSON has no number for what was not measured.
  const metrics = results.metrics.filter(({ value }) => Number.isFinite(value));
  // Of a part of the samples, figures are others.
  const comparison = baseline && !signal.aborted ? compareWith(baseline, metrics, seed) : undefined;
  const report: BenchReport = {
    schema: 'edge-csi/bench@1',
    suite,
    seed,
    data: path.basename(data),
    ...(signal.aborted && { partial: true }),
    command: commandLine(),
    ...start,
    environment,
    peakRssMib: process.resourceUsage().maxRSS / 1024,
    ...results,
    metrics,
    ...(comparison && { comparison }),
  };
  await writeJson(json, report);
  // A page of some earlier, whole run stays.
  if (!signal.aborted) await writePage(benchPage(report), options);
  if (signal.aborted) {
    const file = json === undefined ? '' : `, and in ${json}`;
    throw new Interrupted(`interrupted; what was measured until then is above${file}`);
  }
  if (results.problems !== undefined && results.problems.length > 0) throw new Error(results.problems.join('; '));
  if (baseline === undefined || comparison === undefined) return;
  process.stdout.write(`\n${renderComparison(comparison, baseline, environment.cpu)}\n`);
  const worse = comparison.changes.filter(({ verdict }) => verdict === 'worse').map(({ name }) => name);
  if (worse.length > 0) throw new Error(`worse than in ${baseline.name}: ${worse.join(', ')}`);
}

async function rateDistortion(options: BenchOptions): Promise<SuiteResult> {
  const { zoo, samples, select, baselinesFrom, fitSamples, signal } = options;
  const manifests = options.models ? await modelsById(options.models, zoo) : await prunedModelsOfOneShape(zoo);
  const measurement = { manifests, zoo, data: options, samples, select, baselinesFrom, fitSamples, signal };
  const result = await runRateDistortion(measurement);
  process.stdout.write(`${renderRateDistortion(result, path.basename(options.data))}\n`);
  return rateDistortionJson(result);
}
