import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribeEstimates } from '@edge-csi/bs-server';
import { createRandom } from '@edge-csi/csi';
import type { Manifest } from '@edge-csi/models';
import type { DataOptions } from '../../data.ts';
import { type LatencySummary, monotonicMs, summarizeLatency } from '../../latency.ts';
import { startWorker } from '../../worker-thread.ts';
import { drawArrivals } from '../server/arrivals.ts';
import type { LoadRequest, LoadWorkerData, LoadWorkerDone, LoadWorkerReady } from '../server/load-worker.ts';
import { type MeasuredBroker, type MeasuredProcess, startBroker, startServe } from './child-process.ts';

export interface PathCostOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly numUes: number;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly seed: number;
}

/** What reports cost on one way from their UE to a subscriber. */
export interface PathCost {
  readonly reports: number;
  readonly decoded: number;
  /** From the time a report was due to its estimate. */
  readonly latencyMs: LatencySummary;
  /** Processor time a report, by process: `server`, or `gateway`, `broker` and `worker`. */
  readonly cpuUs: Readonly<Record<string, number>>;
  /** Bytes a report into the broker and out of it. */
  readonly brokerBytes: { readonly in: number; readonly out: number } | undefined;
}

/** A server, whole or in parts, and where its UEs connect. */
interface Measured {
  readonly url: string;
  readonly processes: Readonly<Record<string, MeasuredProcess>>;
  readonly broker?: MeasuredBroker;
}

/** Server's default. */
const deadlineMs = 100;
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
  return measure({ url: server.url, processes: { server } }, options);
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
    await ready(gateway.url);
    return await measure({ url: gateway.url, processes, broker }, options);
  } catch (error) {
    await closeAll(processes);
    throw error;
  }
}

async function measure({ url, processes, broker }: Measured, options: PathCostOptions): Promise<PathCost> {
  const { manifest, zoo, data, numUes, ratePerSecond, seconds, seed } = options;
  const loadData: LoadWorkerData = { url, modelDirectory: path.join(zoo, manifest.id), data, numUes, uplinks: true };
  const load = startWorker(new URL('../server/load-worker.js', import.meta.url), loadData);
  const arrivedMs = new Map<number, number>();
  const subscription = await subscribeEstimates({
    url,
    onEstimate: ({ slot, quality }) => {
      if (quality !== 'held') arrivedMs.set(slot, monotonicMs());
    },
  });
  const run = async (lastsSeconds: number, firstSlot: number, runSeed: number) => {
    const random = createRandom(runSeed);
    const arrivals = drawArrivals({ ratePerSecond, seconds: lastsSeconds, numUes, periodMs }, random);
    const startMs = monotonicMs() + headStartMs;
    const done = load.next<LoadWorkerDone>('done');
    load.post({ kind: 'open-loop', arrivals, firstSlot, startMs } satisfies LoadRequest);
    return { arrivals, startMs, done: await done };
  };
  try {
    await load.next<LoadWorkerReady>('ready');
    const warm = await run(warmUpSeconds, 0, seed);
    arrivedMs.clear();
    const firstSlot = warm.arrivals.atMs.length;
    const before = await usage(processes);
    const trafficBefore = await broker?.traffic();
    const { arrivals, startMs, done } = await run(seconds, firstSlot, seed + 1);
    const after = await usage(processes);
    const trafficAfter = await broker?.traffic();
    const perReport = (value: number) => value / done.sent;
    return {
      reports: done.sent,
      decoded: done.outcomes.decoded,
      latencyMs: summarizeLatency(
        [...arrivedMs].map(([slot, toMs]) => toMs - startMs - (arrivals.atMs[slot - firstSlot] as number)),
      ),
      cpuUs: Object.fromEntries(
        Object.keys(processes).map((name) => [name, perReport(((after[name] ?? 0) - (before[name] ?? 0)) * 1000)]),
      ),
      brokerBytes:
        trafficBefore && trafficAfter
          ? {
              in: perReport(trafficAfter.inBytes - trafficBefore.inBytes),
              out: perReport(trafficAfter.outBytes - trafficBefore.outBytes),
            }
          : undefined,
    };
  } finally {
    await subscription.close();
    await load.stop();
    await closeAll(processes);
  }
}

async function usage(processes: Measured['processes']): Promise<Record<string, number>> {
  const entries = Object.entries(processes).map(async ([name, process]) => [name, await process.cpuMs()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

/** Gateways and workers before the broker they are connected to. */
async function closeAll(processes: Measured['processes']): Promise<void> {
  for (const name of ['gateway', 'worker', 'server', 'broker']) await processes[name]?.close();
}

async function ready(url: string): Promise<void> {
  const probe = `${url.replace(/^ws/, 'http')}/readyz`;
  while (!(await fetch(probe)).ok) await sleep(20);
}
