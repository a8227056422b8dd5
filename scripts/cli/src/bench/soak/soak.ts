import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerStats } from '@edge-csi/bs-server';
import { createRandom } from '@edge-csi/csi';
import type { DataOptions } from '@edge-csi/lab/data';
import { monotonicMs } from '@edge-csi/lab/metrics';
import type { Manifest } from '@edge-csi/models';
import { openReportBank } from '../server/report-bank.ts';
import { Churn, type ChurnCounts } from './churn.ts';
import { fitGrowth, type Growth } from './growth.ts';
import { startServerProcess } from './server-process.ts';
import type { SoakClosed } from './soak-process.ts';
import { startSubscribers } from './subscribers.ts';

export interface SoakOptions {
  readonly manifest: Manifest;
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

/** The server's memory at one moment. */
export interface SoakPoint {
  readonly atS: number;
  readonly rssMib: number;
  readonly heapUsedMib: number;
  readonly externalMib: number;
}

/** A server under traffic that comes and goes. */
export interface Soak {
  readonly model: string;
  readonly ues: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly points: readonly SoakPoint[];
  /** MiB an hour, after the warm-up; absent where the run was too short for a line. */
  readonly rssGrowth: Growth | undefined;
  readonly heapGrowth: Growth | undefined;
  readonly traffic: ChurnCounts & { readonly estimatesReceived: number; readonly reconfigurations: number };
  readonly stats: ServerStats;
  readonly unhandledRejections: number;
  /** What does not add up. Empty where all is well. */
  readonly problems: readonly string[];
}

const mib = 2 ** 20;
const samplePeriodMs = 1_000;
const reconfigurePeriodS = 5;
/** Share of the run before the line is fitted: engines compile, pools and buffers grow. */
const warmUpShare = 0.25;
/** What UEs are told, at the join and now and then. */
const periods = [100, 200, 400] as const;
const truncations = [0, 1] as const;

/** Runs the traffic against a server, else with its own defaults, in a process of its own. */
export async function runSoak(options: SoakOptions): Promise<Soak> {
  const { manifest, zoo, data, numUes, seed, signal } = options;
  const directory = path.join(zoo, manifest.id);
  const banks = await Promise.all(truncations.map((truncation) => openReportBank(directory, data, truncation)));
  const server = await startServerProcess({
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
    const churn = new Churn({ url, numUes, seed, banks, theta: manifest.phase.theta });
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
        const codewordTruncation = truncations[Math.floor(random.uniform() * truncations.length)] as number;
        server.reconfigure(ueId, { reportPeriodSlots, codewordTruncation });
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
    server.kill();
  }
}

/** What does not add up at the end. */
export function problemsOf(
  { stats, unhandledRejections }: Pick<SoakClosed, 'stats' | 'unhandledRejections'>,
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
