import { subscribeEstimates } from '@edge-csi/bs-server';
import { createRandom } from '@edge-csi/csi';
import {
  distributionOf,
  type LatencyDistribution,
  type LatencySummary,
  monotonicMs,
  summarizeLatency,
} from '@edge-csi/lab/metrics';
import type { ReportOutcome } from '@edge-csi/proto';
import { orAborted } from '../../interruption.ts';
import { type Arrivals, drawArrivals } from './arrivals.ts';
import type { LoadWorkerDone } from './load-worker.ts';
import { type LoadedServer, startLoadedServer } from './loaded-server.ts';
import type { ServerBenchOptions } from './saturation.ts';

/** One offered load: reports are sent at times fixed beforehand, whatever comes back. */
interface LoadLevel {
  /** Offered load over the saturation throughput of the same run. */
  readonly load: number;
  readonly offeredPerSecond: number;
  /** Estimates a second that reached the subscriber. */
  readonly achievedPerSecond: number;
  readonly reports: number;
  /** From the time a report was due to its estimate at the subscriber, of those that were decoded. */
  readonly latencyMs: LatencySummary;
  /** The same. Absent in results of versions that did not record it. */
  readonly latencyDistribution?: LatencyDistribution;
  /** From the time a report was due to its being sent: what of the above is the load generator's own. */
  readonly sendLagMs: LatencySummary;
  /** What became of the reports, of all that were sent; unanswered are those without an answer 10 s after the last. */
  readonly shares: Readonly<Record<ReportOutcome | 'unanswered', number>>;
  readonly meanBatchSize: number;
}

/** Latency against load, in an open loop. */
export interface OpenLoop {
  readonly ues: number;
  readonly deadlineMs: number;
  readonly periodMs: number;
  /** One report at a time on an idle server: transport and a decoding of one. */
  readonly aloneMs: LatencySummary;
  readonly levels: readonly LoadLevel[];
  /** p50 at half load over that of a report alone. */
  readonly halfLoadRatio: number;
}

const loads = [0.25, 0.5, 0.75, 0.9, 1.2];
const halfLoad = 0.5;
/** The server's default. */
const deadlineMs = 100;
/** Shortest time between two reports of one UE. */
const periodMs = 20;
const reportsAlone = 100;
/** From the drawing of a schedule to its first report. */
const headStartMs = 50;

/**
 * Measures latency at fractions of a saturation throughput. Latency counts from the time a report was due, so that a
 * server that stalls is charged for every report that should have been sent meanwhile.
 */
export async function measureOpenLoop(options: ServerBenchOptions, saturationPerSecond: number): Promise<OpenLoop> {
  const { manifest, secondsPerRound: seconds, seed } = options;
  const fastest = Math.max(...loads) * saturationPerSecond;
  // Enough that one may nearly always report again when its turn comes.
  const numUes = Math.max(options.numUes, Math.ceil((2 * fastest * periodMs) / 1000));
  const server = await startLoadedServer({
    ...options,
    modelId: manifest.id,
    numUes,
    deadlineMs,
    uplinks: true,
  });
  const arrivedMs = new Map<number, number>();
  const subscription = await subscribeEstimates({
    url: server.bs.url,
    onEstimate: ({ slot }) => arrivedMs.set(slot, monotonicMs()),
  });
  try {
    const aloneMs = await measureAlone(server, arrivedMs);
    const levels: LoadLevel[] = [];
    let firstSlot = reportsAlone;
    for (const [i, load] of loads.entries()) {
      const ratePerSecond = load * saturationPerSecond;
      const random = createRandom(seed + i);
      const arrivals = drawArrivals({ ratePerSecond, seconds, numUes, periodMs }, random);
      arrivedMs.clear();
      const level = measureLevel(server, arrivals, firstSlot, arrivedMs, ratePerSecond, seconds);
      levels.push({ load, ...(await orAborted(options.signal, level)) });
      firstSlot += arrivals.atMs.length;
    }
    const half = levels.find(({ load }) => load === halfLoad) as LoadLevel;
    const halfLoadRatio = half.latencyMs.p50 / aloneMs.p50;
    return { ues: numUes, deadlineMs, periodMs, aloneMs, levels, halfLoadRatio };
  } finally {
    await subscription.close();
    await server.close();
  }
}

async function measureAlone(server: LoadedServer, arrivedMs: Map<number, number>): Promise<LatencySummary> {
  const { sentMs } = await server.ask({ kind: 'alone', numReports: reportsAlone, firstSlot: 0 });
  return summarizeLatency(latencies(sentMs, 0, arrivedMs));
}

async function measureLevel(
  server: LoadedServer,
  arrivals: Arrivals,
  firstSlot: number,
  arrivedMs: Map<number, number>,
  offeredPerSecond: number,
  seconds: number,
): Promise<Omit<LoadLevel, 'load'>> {
  const before = (await server.bs.sample()).stats;
  const startMs = monotonicMs() + headStartMs;
  const done = await server.ask({ kind: 'open-loop', arrivals, firstSlot, startMs });
  const { stats } = await server.bs.sample();
  const dueMs = arrivals.atMs.map((atMs) => startMs + atMs);
  const latencyMs = latencies(dueMs, firstSlot, arrivedMs);
  const batches = stats.batches.decoded - before.batches.decoded;
  return {
    offeredPerSecond,
    achievedPerSecond: arrivedMs.size / seconds,
    reports: done.sent,
    latencyMs: summarizeLatency(latencyMs),
    latencyDistribution: distributionOf(latencyMs),
    sendLagMs: summarizeLatency([...done.sentMs].map((sentMs, i) => sentMs - (dueMs[i] as number))),
    shares: sharesOf(done),
    meanBatchSize: (stats.decoded - before.decoded) / batches,
  };
}

/** Of the reports whose estimate came, by slot. */
function latencies(fromMs: Float64Array, firstSlot: number, arrivedMs: ReadonlyMap<number, number>): number[] {
  return [...arrivedMs].map(([slot, toMs]) => toMs - (fromMs[slot - firstSlot] as number));
}

function sharesOf({ sent, outcomes }: LoadWorkerDone): LoadLevel['shares'] {
  const { decoded, superseded, late, shed, invalid } = outcomes;
  const answered = decoded + superseded + late + shed + invalid;
  return {
    decoded: decoded / sent,
    superseded: superseded / sent,
    late: late / sent,
    shed: shed / sent,
    invalid: invalid / sent,
    unanswered: (sent - answered) / sent,
  };
}
