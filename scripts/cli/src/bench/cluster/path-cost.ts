import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribeEstimates } from '@edge-csi/bs-server';
import { createRandom } from '@edge-csi/csi';
import type { DataOptions } from '@edge-csi/lab/data';
import { type LatencySummary, monotonicMs, summarizeLatency } from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import { startThread } from '../../children/child.ts';
import { orAborted } from '../../interruption.ts';
import { drawArrivals } from '../server/arrivals.ts';
import type { LoadRequest, LoadWorkerData, LoadWorkerDone, LoadWorkerReady } from '../server/load-worker.ts';
import { settleMs } from '../server/saturation.ts';
import { type MeasuredBroker, type MeasuredProcess, startBroker, startServe } from './measured-process.ts';

export interface PathCostOptions {
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly numUes: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly seed: number;
  /** Cuts the measurement short, which then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** What a report costs, mean over a measurement. */
interface ReportCost {
  /** Processor time, by process: `server`, or `gateway`, `broker` and `worker`. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** Bytes into the broker and out of it. */
  readonly brokerBytes: { readonly in: number; readonly out: number } | undefined;
}

/** What reports cost on one way from their UE to a subscriber. */
export interface PathCost {
  /** In an open loop, one report at a time. */
  readonly openLoop: ReportCost & {
    readonly reports: number;
    readonly decoded: number;
    /** From the time a report was due to its estimate. */
    readonly latencyMs: LatencySummary;
  };
  /** In a closed loop, as fast as reports are answered. */
  readonly saturated: ReportCost & { readonly reportsPerSecond: number };
}

/** A server, whole or in parts, and where its UEs connect. */
interface Measured {
  readonly url: string;
  readonly processes: Readonly<Record<string, MeasuredProcess>>;
  readonly broker?: MeasuredBroker;
}

/** Long enough that nothing is given up: what is measured is what reports cost. */
const deadlineMs = 5_000;
const headStartMs = 50;
/** Before the measurement, so that engines have compiled what they run. */
const warmUpSeconds = 2;
const periodMs = 20;

function serveArgs({ manifest, zoo }: PathCostOptions): string[] {
  const fixed = ['--no-overload-control', '--no-uplink-only', '--no-admin', '--period-slots', '1'];
  return ['--zoo', zoo, '--models', manifest.id, '--deadline-ms', String(deadlineMs), ...fixed];
}

/** The whole server in one process. */
export async function measureInProcess(options: PathCostOptions): Promise<PathCost> {
  const server = await startServe(...serveArgs(options));
  try {
    return await measure({ url: server.url, processes: { server } }, options);
  } finally {
    await server.close();
  }
}

/** A gateway, a broker and a worker. */
export async function measureOverBroker(options: PathCostOptions): Promise<PathCost> {
  const broker = await startBroker();
  const processes: Record<string, MeasuredProcess> = { broker };
  try {
    const site = [...serveArgs(options), '--nats', broker.url];
    processes.worker = await startServe('--role', 'worker', ...site);
    const gateway = await startServe('--role', 'gateway', '--no-local-decode', ...site);
    processes.gateway = gateway;
    await ready(gateway.url, options.signal);
    return await measure({ url: gateway.url, processes, broker }, options);
  } finally {
    await closeAll(processes);
  }
}

async function measure({ url, processes, broker }: Measured, options: PathCostOptions): Promise<PathCost> {
  const { manifest, zoo, data, numUes, ratePerSecond, seconds, seed, signal } = options;
  const loadData: LoadWorkerData = { url, modelDirectory: path.join(zoo, manifest.id), data, numUes, uplinks: true };
  const load = startThread(new URL('../server/load-worker.js', import.meta.url), loadData);
  const arrivedMs = new Map<number, number>();
  let numEstimates = 0;
  const subscribing = subscribeEstimates({
    url,
    onEstimate: ({ slot, quality }) => {
      if (quality === 'held' || quality === 'predicted') return;
      numEstimates++;
      arrivedMs.set(slot, monotonicMs());
    },
  });
  // A load that nobody would stop keeps the process.
  const subscription = await subscribing.catch(async (error: Error) => {
    await load.stop();
    throw error;
  });
  const run = async (lastsSeconds: number, firstSlot: number, runSeed: number) => {
    const random = createRandom(runSeed);
    const arrivals = drawArrivals({ ratePerSecond, seconds: lastsSeconds, numUes, periodMs }, random);
    const startMs = monotonicMs() + headStartMs;
    const done = load.next<LoadWorkerDone>('done');
    load.post({ kind: 'open-loop', arrivals, firstSlot, startMs } satisfies LoadRequest);
    return { arrivals, startMs, done: await orAborted(signal, done) };
  };
  try {
    await orAborted(signal, load.next<LoadWorkerReady>('ready'));
    const warm = await run(warmUpSeconds, 0, seed);
    arrivedMs.clear();
    const firstSlot = warm.arrivals.atMs.length;
    let cost = await costMeter(processes, broker);
    const { arrivals, startMs, done } = await run(seconds, firstSlot, seed + 1);
    const openLoop = {
      ...(await cost(done.sent)),
      reports: done.sent,
      decoded: done.outcomes.decoded,
      latencyMs: summarizeLatency(
        [...arrivedMs].map(([slot, toMs]) => toMs - startMs - (arrivals.atMs[slot - firstSlot] as number)),
      ),
    };
    load.post({ kind: 'saturate' } satisfies LoadRequest);
    await sleep(settleMs, undefined, { signal });
    cost = await costMeter(processes, broker);
    const [numBefore, beforeMs] = [numEstimates, monotonicMs()];
    await Promise.race([sleep(seconds * 1000, undefined, { signal }), load.failed]);
    const reports = numEstimates - numBefore;
    const reportsPerSecond = (reports * 1000) / (monotonicMs() - beforeMs);
    return { openLoop, saturated: { ...(await cost(reports)), reportsPerSecond } };
  } finally {
    await subscription.close();
    await load.stop();
  }
}

/** Notes what was used so far. @returns what a report has cost since, of so many */
async function costMeter(processes: Measured['processes'], broker: MeasuredBroker | undefined) {
  const usage = async () => ({
    cpuMs: new Map(
      await Promise.all(Object.entries(processes).map(async ([name, p]) => [name, await p.cpuMs()] as const)),
    ),
    traffic: await broker?.traffic(),
  });
  const before = await usage();
  return async (reports: number): Promise<ReportCost> => {
    const after = await usage();
    const cpuUs = [...after.cpuMs].map(([name, ms]) => [name, ((ms - (before.cpuMs.get(name) ?? 0)) * 1000) / reports]);
    const bytes = (direction: 'inBytes' | 'outBytes') =>
      ((after.traffic?.[direction] ?? 0) - (before.traffic?.[direction] ?? 0)) / reports;
    return {
      cpuUs: Object.fromEntries(cpuUs),
      brokerBytes: broker && { in: bytes('inBytes'), out: bytes('outBytes') },
    };
  };
}

/** Gateways and workers before the broker they are connected to. */
async function closeAll(processes: Measured['processes']): Promise<void> {
  for (const name of ['gateway', 'worker', 'broker']) await processes[name]?.close();
}

async function ready(url: string, signal: AbortSignal): Promise<void> {
  const probe = `${url.replace(/^ws/, 'http')}/readyz`;
  while (!(await fetch(probe, { signal })).ok) await sleep(20, undefined, { signal });
}
