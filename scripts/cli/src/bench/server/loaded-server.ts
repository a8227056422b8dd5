import path from 'node:path';
import type { ExecutionProvider } from '@edge-csi/bs-server';
import { type DataOptions, hasUplink, openData } from '@edge-csi/lab/data';
import { type HostedBs, hostBs } from '../../children/bs-host.ts';
import { cpuIdle, startThread } from '../../children/child.ts';
import type { LoadRequest, LoadWorkerData, LoadWorkerDone, LoadWorkerReady } from './load-worker.ts';

export interface LoadedServerOptions {
  readonly zoo: string;
  readonly modelId: string;
  readonly data: DataOptions;
  readonly numUes: number;
  readonly batchSize: number;
  readonly provider: ExecutionProvider;
  readonly deadlineMs: number;
  /** Whether uplinks are sent, of data that have some. */
  readonly uplinks: boolean;
}

/** A BS server on one thread, and a load generator on another whose UEs have joined it. */
export interface LoadedServer {
  readonly bs: HostedBs;
  /** Rejects where the generator fails first. */
  ask(request: Exclude<LoadRequest, { kind: 'saturate' }>): Promise<LoadWorkerDone>;
  /** Starts a load that lasts until the end. */
  saturate(): void;
  /** Never resolves; rejects when the generator fails. */
  readonly failed: Promise<never>;
  close(): Promise<void>;
}

/** Threads of one run of the decoder. */
export const intraOpNumThreads = 1;
/** Longest wait for the engines to have compiled what they run. */
const startUpMs = 10_000;

/** Starts both, at a fixed configuration: one decode worker, nobody is told to hold back. */
export async function startLoadedServer(options: LoadedServerOptions): Promise<LoadedServer> {
  const { zoo, modelId, data, numUes, batchSize, provider, deadlineMs } = options;
  const uplinks = options.uplinks && hasUplink(await openData(data));
  const bs = await hostBs('thread', {
    port: 0,
    adminPort: false,
    modelsDirectory: zoo,
    models: [modelId],
    uplinkOnlyModel: false,
    maxHoldMs: 0,
    maxBatchSize: batchSize,
    overloadControl: false,
    intraOpNumThreads,
    decodeWorkers: 1,
    executionProviders: [provider],
    deadlineMs,
    // It is overloaded on purpose.
    logLevel: 'error',
    limits: { maxUes: Math.max(1024, numUes) },
    // UEs report as fast as they are answered.
    reportPeriodSlots: 1,
    slotMs: 0.0625,
    // Without uplinks there is nothing to wait for.
    ...(uplinks ? {} : { uplinkWaitMs: 0 }),
  });
  const modelDirectory = path.join(zoo, modelId);
  const loadData: LoadWorkerData = { url: bs.url, modelDirectory, data, numUes, uplinks };
  const load = startThread(new URL('./load-worker.js', import.meta.url), loadData);
  const post = (request: LoadRequest) => load.post(request);
  const close = async () => {
    await load.stop();
    await bs.close();
  };
  try {
    await load.next<LoadWorkerReady>('ready');
    await cpuIdle(startUpMs);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    bs,
    ask: (request) => {
      const done = load.next<LoadWorkerDone>('done');
      post(request);
      return done;
    },
    saturate: () => post({ kind: 'saturate' }),
    failed: load.failed,
    close,
  };
}
