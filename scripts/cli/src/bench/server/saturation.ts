import { setTimeout as sleep } from 'node:timers/promises';
import { type ExecutionProvider, subscribeEstimates } from '@edge-csi/bs-server';
import { openRawDecoder, rawReportsPerSecond } from '@edge-csi/lab';
import type { DataOptions } from '@edge-csi/lab/data';
import { type LatencySummary, lowerMedian, monotonicMs, summarizeLatency } from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import { startLoadedServer } from './loaded-server.ts';

/** Throughput of one model through real sockets beside that of its decoder alone, measured in turn. */
export interface Saturation {
  /** The model's decoder on ready-made batches of the same size, on one thread, nothing else: one per round. */
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
  readonly manifest: ReportManifest;
  readonly zoo: string;
  readonly data: DataOptions;
  readonly numUes: number;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  readonly rounds: number;
  readonly secondsPerRound: number;
  readonly seed: number;
  /** Cuts the measurement short, which then throws the signal's reason. */
  readonly signal: AbortSignal;
}

/** Load before counting starts. */
export const settleMs = 500;

/** Measures one model with one decode worker. */
export async function measureSaturation(options: ServerBenchOptions): Promise<Saturation> {
  const raw: number[] = [];
  const sockets: number[] = [];
  const latencies: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    options.signal.throwIfAborted();
    raw.push(await rawThroughput(options));
    sockets.push(await socketThroughput(options, latencies));
  }
  return {
    rawReportsPerSecond: raw,
    socketReportsPerSecond: sockets,
    throughputPerSecond: lowerMedian(sockets),
    fraction: lowerMedian(sockets.map((value, round) => value / (raw[round] as number))),
    latencyMs: summarizeLatency(latencies),
  };
}

async function rawThroughput(options: ServerBenchOptions): Promise<number> {
  const { batchSize, secondsPerRound, signal } = options;
  const decoder = await openRawDecoder({ ...options, refine: true });
  return rawReportsPerSecond(decoder, batchSize, secondsPerRound, signal).finally(() => decoder.close());
}

async function socketThroughput(options: ServerBenchOptions, latencies: number[]): Promise<number> {
  const server = await startLoadedServer({
    ...options,
    modelId: options.manifest.id,
    deadlineMs: 5000,
    uplinks: true,
  });
  try {
    server.saturate();
    return await Promise.race([countEstimates(server.bs.url, options, latencies), server.failed]);
  } finally {
    await server.close();
  }
}

async function countEstimates(
  url: string,
  { secondsPerRound: seconds, signal }: ServerBenchOptions,
  latencies: number[],
): Promise<number> {
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
  try {
    await sleep(settleMs, undefined, { signal });
    counting = true;
    const startMs = monotonicMs();
    await sleep(seconds * 1000, undefined, { signal });
    return (count * 1000) / (monotonicMs() - startMs);
  } finally {
    counting = false;
    await subscription.close();
  }
}
