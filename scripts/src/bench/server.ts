import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { subscribeEstimates } from '@edge-csi/bs-server';
import type { Manifest } from '@edge-csi/models';
import { startBsThread } from '../bs-thread.ts';
import { cpuIdle } from '../cpu-idle.ts';
import type { DataOptions } from '../data.ts';
import { type LatencySummary, monotonicMs, summarizeLatency } from '../latency.ts';
import { startWorker, type WorkerThread } from '../worker-thread.ts';
import type { LoadWorkerData, LoadWorkerReady } from './load-worker.ts';
import { openRawDecoder, rawReportsPerSecond } from './raw-decoder.ts';

/** Throughput of one model through real sockets beside that of its networks alone, measured in turn. */
export interface ServerRun {
  readonly model: string;
  readonly reduction: number;
  readonly codewordLength: number;
  readonly pruned: boolean;
  readonly ues: number;
  readonly batchSize: number;
  readonly intraOpNumThreads: number;
  readonly decodeWorkers: number;
  /** The model's networks on ready-made tensors of the same batch size and threads, nothing else: one per round. */
  readonly rawReportsPerSecond: readonly number[];
  /** Estimates that reached one subscriber: one per round. */
  readonly socketReportsPerSecond: readonly number[];
  /** Median over rounds of the above. */
  readonly throughputPerSecond: number;
  /** Median over rounds of sockets / raw. */
  readonly fraction: number;
  /** Under saturation: from a report's arrival at the BS to its estimate at the subscriber. */
  readonly latencyMs: LatencySummary;
}

export interface ServerBenchOptions {
  readonly manifest: Manifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly numUes: number;
  readonly batchSize: number;
  readonly rounds: number;
  readonly secondsPerRound: number;
}

const intraOpNumThreads = 1;
/** Longest wait for the engines to have compiled what they run. */
const startUpMs = 10_000;
/** Load before counting starts. */
const settleMs = 500;

/** Measures one model on the CPU with one decode worker. */
export async function benchServer(options: ServerBenchOptions): Promise<ServerRun> {
  const { manifest, batchSize, rounds } = options;
  const modelDirectory = path.join(options.zoo, manifest.id);
  const raw: number[] = [];
  const sockets: number[] = [];
  const latencies: number[] = [];
  for (let round = 0; round < rounds; round++) {
    raw.push(await rawThroughput(options));
    sockets.push(await socketThroughput(options, modelDirectory, latencies));
  }
  return {
    model: manifest.id,
    reduction: manifest.reduction,
    codewordLength: manifest.codeword.length,
    pruned: manifest.pruned,
    ues: options.numUes,
    batchSize,
    intraOpNumThreads,
    decodeWorkers: 1,
    rawReportsPerSecond: raw,
    socketReportsPerSecond: sockets,
    throughputPerSecond: lowerMedian(sockets),
    fraction: lowerMedian(sockets.map((value, round) => value / (raw[round] as number))),
    latencyMs: summarizeLatency(latencies),
  };
}

/** The middle value, the lower one of two. */
export function lowerMedian(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;
}

async function rawThroughput({ manifest, zoo, batchSize, secondsPerRound }: ServerBenchOptions): Promise<number> {
  const decoder = await openRawDecoder({ manifest, zoo, batchSize, refine: true });
  const perSecond = await rawReportsPerSecond(decoder, batchSize, secondsPerRound);
  await decoder.close();
  return perSecond;
}

async function socketThroughput(
  options: ServerBenchOptions,
  modelDirectory: string,
  latencies: number[],
): Promise<number> {
  const bs = await startBsThread({
    port: 0,
    adminPort: false,
    modelsDirectory: options.zoo,
    models: [options.manifest.id],
    uplinkOnlyModel: false,
    maxBatchSize: options.batchSize,
    overloadControl: false,
    intraOpNumThreads,
    decodeWorkers: 1,
    executionProviders: ['cpu'],
    deadlineMs: 5000,
    // UEs report as fast as they are answered.
    reportPeriodSlots: 1,
    slotMs: 0.0625,
  });
  const loadData: LoadWorkerData = { url: bs.url, modelDirectory, data: options.data, numUes: options.numUes };
  const load = startWorker(new URL('./load-worker.js', import.meta.url), loadData);
  try {
    await load.next<LoadWorkerReady>('ready');
    return await Promise.race([countEstimates(bs.url, load, options.secondsPerRound, latencies), load.failed]);
  } finally {
    await load.stop();
    await bs.close();
  }
}

async function countEstimates(url: string, load: WorkerThread, seconds: number, latencies: number[]): Promise<number> {
  let counting = false;
  let count = 0;
  const subscription = await subscribeEstimates({
    url,
    onEstimate: ({ receivedMs }) => {
      if (!counting) return;
      count++;
      latencies.push(monotonicMs() - receivedMs);
    },
  });
  await cpuIdle(startUpMs);
  load.post('start');
  await sleep(settleMs);
  counting = true;
  const startMs = monotonicMs();
  await sleep(seconds * 1000);
  const perSecond = (count * 1000) / (monotonicMs() - startMs);
  counting = false;
  await subscription.close();
  return perSecond;
}
