import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { ServerStats } from '@edge-csi/bs-server';
import { coarserRate, createBsCodec, createRandom } from '@edge-csi/csi';
import { type DataOptions, dataFor, sampleData } from '@edge-csi/lab/data';
import { lowerMedian, type Metric, monotonicMs, speedMetric } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { ReportManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import type { BsClosed } from '../../children/bs-child.ts';
import { hostBs } from '../../children/bs-host.ts';
import type { OptionsOf } from '../../options/command.ts';
import { createDataReader, withData } from '../../options/data.ts';
import { prunedModels, reportModelsById } from '../../options/models.ts';
import { finite } from '../../options/parse.ts';
import { openReportBank } from '../server/load-ue.ts';
import { bankedSamples, runSuite, suite, uesOption } from '../suite.ts';
import { type Growth, type Soak, type SoakPoint, soakPage } from './page.ts';
import { Churn, type ChurnCounts, startSubscribers } from './traffic.ts';

/** Time between two lines of progress. */
const progressS = 10;

function declare(bench: CommandUnknownOpts) {
  return withData(sampleData)(suite(bench, 'soak', 'the pruned one of strongest compression'))
    .description('One server under UEs that come and go: its memory over time, and whether the counts add up.')
    .option(...uesOption)
    .option('--seconds <s>', 'how long', finite(0.1, 1e6), 1200)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi bench soak
  edge-csi bench soak --seconds 60 --ues 16 --models dualnet-mag-m43 --json soak.json`,
    );
}

/** `bench soak`: one server under traffic that comes and goes; its memory, and whether the counts add up. */
export const addSoak = (bench: CommandUnknownOpts) =>
  declare(bench).action((options) => runSuite('soak', options, measure, soakPage));

async function measure(
  options: OptionsOf<typeof declare>,
  signal: AbortSignal,
): Promise<{ runs: readonly Soak[]; problems: readonly string[]; metrics: readonly Metric[] }> {
  const { models, zoo, ues, seconds, seed } = options;
  const manifests = await reportModelsById(models, zoo, async () => (await prunedModels(zoo)).slice(-1));
  const [manifest, ...others] = manifests;
  if (manifest === undefined || others.length > 0) {
    throw new UsageError(`bench soak takes one model, --models names ${manifests.length}`);
  }
  await createDataReader(options).check([manifest], bankedSamples);
  let shownS = 0;
  const run = await runSoak({
    manifest,
    zoo,
    data: dataFor(manifest, options),
    numUes: ues,
    seconds,
    seed,
    signal,
    onSample: (point, counts, stats) => {
      if (point.atS - shownS < progressS) return;
      shownS = point.atS;
      process.stdout.write(`${progressLine(point, counts, stats)}\n`);
    },
  });
  return { runs: [run], problems: run.problems, metrics: soakMetrics(run) };
}

/** What a later run is held to. */
function soakMetrics({ model, points, warmUpSeconds, stats }: Soak): Metric[] {
  const rssMib = points.filter(({ atS }) => atS >= warmUpSeconds).map((point) => point.rssMib);
  return [
    ...(rssMib.length > 0 ? [speedMetric(`${model} median RSS MiB`, lowerMedian(rssMib), 'lower', 0.2)] : []),
    { name: `${model} share decoded`, value: stats.decoded / stats.received, better: 'higher', tolerance: 0.05 },
  ];
}

function progressLine({ atS, rssMib, heapUsedMib }: SoakPoint, counts: ChurnCounts, stats: ServerStats): string {
  const { received, decoded, superseded, late, shed, invalid, connections, overloadLevel } = stats;
  return [
    `${atS.toFixed(0)} s`,
    `${connections.ues} UEs`,
    `${counts.joins} joins`,
    `received ${received}`,
    `decoded ${decoded}`,
    `superseded ${superseded}`,
    `late ${late}`,
    `shed ${shed}`,
    `invalid ${invalid}`,
    `overload ${overloadLevel}`,
    `RSS ${rssMib.toFixed(0)} MiB`,
    `heap ${heapUsedMib.toFixed(0)} MiB`,
  ].join(', ');
}

interface SoakOptions {
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly numUes: number;
  readonly seconds: number;
  readonly seed: number;
  /** Ends the traffic early; the run is of the time until then. */
  readonly signal: AbortSignal;
  /** Told of every sample. */
  readonly onSample: (sample: SoakPoint, counts: ChurnCounts, stats: ServerStats) => void;
}

const mib = 2 ** 20;
const samplePeriodMs = 1_000;
const reconfigurePeriodS = 5;
/** Share of the run before the line is fitted: engines compile, pools and buffers grow. */
const warmUpShare = 0.25;
/** What UEs are told, at the join and now and then. */
const periods = [100, 200, 400] as const;
/** Steps towards fewer bits, as overload would ask for them. */
const rateSteps = [0, 1] as const;

/** Runs the traffic against a server, else with its own defaults, in a process of its own. */
async function runSoak(options: SoakOptions): Promise<Soak> {
  const { manifest, zoo, data, numUes, seed, signal } = options;
  const directory = path.join(zoo, manifest.id);
  const { knobs } = createBsCodec((await loadReportModel(directory, [])).codec);
  const rates = rateSteps.map((steps) => coarserRate(knobs, {}, steps));
  const banks = await Promise.all(rates.map((rate) => openReportBank(directory, data, rate)));
  const server = await hostBs('process', {
    port: 0,
    adminPort: false,
    modelsDirectory: zoo,
    models: [manifest.id],
    executionProviders: ['cpu'],
    reportPeriodSlots: periods[1],
    // A small buffer, so that the subscriber that does not keep up is passed over, whatever the kernel buffers.
    limits: { maxUes: Math.max(1024, numUes), maxBufferedBytes: 2 ** 20 },
    logLevel: 'error',
  });
  try {
    const { url } = server;
    const churn = new Churn({ url, numUes, seed, banks });
    const subscribers = await startSubscribers(url);
    try {
      const random = createRandom(seed + numUes);
      const points: SoakPoint[] = [];
      let reconfigurations = 0;
      const startMs = monotonicMs();
      for (let tick = 1; tick * samplePeriodMs <= options.seconds * 1000 && !signal.aborted; tick++) {
        await sleep(Math.max(0, startMs + tick * samplePeriodMs - monotonicMs()));
        const sample = await server.sample();
        const point = {
          atS: (monotonicMs() - startMs) / 1000,
          rssMib: sample.rssBytes / mib,
          heapUsedMib: sample.heapUsedBytes / mib,
          externalMib: sample.externalBytes / mib,
        };
        points.push(point);
        options.onSample(point, churn.counts, sample.stats);
        const ueId = churn.present[Math.floor(random.uniform() * churn.present.length)];
        if (tick % reconfigurePeriodS !== 0 || ueId === undefined) continue;
        const reportPeriodSlots = periods[Math.floor(random.uniform() * periods.length)] as number;
        const rate = rates[Math.floor(random.uniform() * rates.length)];
        server.reconfigure(ueId, { reportPeriodSlots, ...rate });
        reconfigurations++;
      }
      const seconds = signal.aborted ? (monotonicMs() - startMs) / 1000 : options.seconds;
      await churn.stop();
      await subscribers.close();
      const closed = await server.close();
      const warmUpSeconds = seconds * warmUpShare;
      const late = points.filter(({ atS }) => atS >= warmUpSeconds);
      const growth = (pick: (point: SoakPoint) => number) =>
        late.length < 3 ? undefined : fitGrowth(late.map((point) => ({ atS: point.atS, value: pick(point) })));
      return {
        model: manifest.id,
        ues: numUes,
        seconds,
        warmUpSeconds,
        points,
        rssGrowth: growth(({ rssMib }) => rssMib),
        heapGrowth: growth(({ heapUsedMib }) => heapUsedMib),
        traffic: { ...churn.counts, estimatesReceived: subscribers.received, reconfigurations },
        stats: closed.stats,
        unhandledRejections: closed.unhandledRejections,
        problems: problemsOf(closed, churn.counts, subscribers.received),
      };
    } finally {
      // Where the server has failed they would go on for ever.
      await Promise.allSettled([churn.stop(), subscribers.close()]);
    }
  } finally {
    await server.kill();
  }
}

/** What does not add up at the end. */
export function problemsOf(
  { stats, unhandledRejections }: Pick<BsClosed, 'stats' | 'unhandledRejections'>,
  { sent, outcomes }: Pick<ChurnCounts, 'sent' | 'outcomes'>,
  estimatesReceived: number,
): string[] {
  const { received, decoded, superseded, late, shed, invalid, inFlight } = stats;
  const settled = decoded + superseded + late + shed + invalid;
  const answered = Object.values(outcomes).reduce((sum, count) => sum + count, 0);
  const estimates = Object.values(stats.qualities).reduce((sum, count) => sum + count, 0);
  const checks: readonly (readonly [boolean, string])[] = [
    [unhandledRejections === 0, `${unhandledRejections} unhandled rejections`],
    [received === settled, `${received} reports received, ${settled} settled`],
    [inFlight === 0, `${inFlight} reports in flight at the end`],
    [received <= sent, `${received} reports received, ${sent} sent`],
    [answered <= received, `${answered} reports answered, ${received} received`],
    [invalid === 0, `${invalid} reports refused, all were valid`],
    [estimatesReceived <= estimates, `${estimatesReceived} estimates at the subscriber, ${estimates} published`],
    [decoded > 0 && estimatesReceived > 0, `${decoded} reports decoded, ${estimatesReceived} estimates received`],
    [stats.workerRestarts === 0, `${stats.workerRestarts} decode workers restarted`],
    [stats.connections.ues === 0, `${stats.connections.ues} UEs connected at the end`],
  ];
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}

/** Least squares line. @param points - times in seconds; at least three of them, not all at one time */
export function fitGrowth(points: readonly { readonly atS: number; readonly value: number }[]): Growth {
  const n = points.length;
  if (n < 3) throw new RangeError(`a line is fitted to ${n} points, must be at least 3`);
  const mean = (pick: (point: (typeof points)[number]) => number) => points.reduce((sum, p) => sum + pick(p), 0) / n;
  const meanS = mean(({ atS }) => atS);
  const meanValue = mean(({ value }) => value);
  const spread = points.reduce((sum, { atS }) => sum + (atS - meanS) ** 2, 0);
  const slope = points.reduce((sum, { atS, value }) => sum + (atS - meanS) * (value - meanValue), 0) / spread;
  const residual = points.reduce((sum, { atS, value }) => sum + (value - meanValue - slope * (atS - meanS)) ** 2, 0);
  return { perHour: 3600 * slope, standardError: 3600 * Math.sqrt(residual / (n - 2) / spread) };
}
