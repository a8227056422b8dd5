import type { ResolvedOptions } from '../options.ts';
import type { DecoderPoolOptions } from './decoder-pool.ts';
import { startWorkerThread } from './start-worker.ts';
import type { WorkerModel } from './worker-messages.ts';

/** What the decoder pool of a process is started with. */
export function poolOptionsOf(options: ResolvedOptions, models: readonly WorkerModel[]): DecoderPoolOptions {
  const { maxBatchSize, executionProviders, intraOpNumThreads, decodeWorkers, maxWorkerRestarts, clock } = options;
  return {
    startWorker: startWorkerThread,
    setup: { models, maxBatchSize, executionProviders, intraOpNumThreads },
    numWorkers: decodeWorkers,
    maxRestarts: maxWorkerRestarts,
    clock,
  };
}
