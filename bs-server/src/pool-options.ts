import type { DecoderPoolOptions } from './decoding/decoder-pool.ts';
import { startWorkerThread } from './decoding/start-worker.ts';
import type { WorkerModel } from './decoding/worker-messages.ts';
import type { ResolvedOptions } from './options.ts';

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
