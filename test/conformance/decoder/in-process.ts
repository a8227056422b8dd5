import type * as decoderPool from '../../../bs-server/src/decode/decoder-pool.ts';
import type * as startWorker from '../../../bs-server/src/decode/start-worker.ts';
import type { DecodeJob } from '../../../bs-server/src/queue/decode-job.ts';
import { builtModule } from '../../e2e/built-module.ts';
import { type Contender, maxBatchSize } from './decoder-rig.ts';

/** Decode workers that are threads of this process. */
export const inProcess: Contender = {
  name: 'in process',
  problem: undefined,
  async open({ workerModels: models }, listener) {
    const { DecoderPool } = await builtModule<typeof decoderPool>('./decoding/decoder-pool.js');
    const { startWorkerThread } = await builtModule<typeof startWorker>('./decoding/start-worker.js');
    const decoder = new DecoderPool<DecodeJob>(
      {
        startWorker: startWorkerThread,
        setup: { models, maxBatchSize, executionProviders: ['cpu'], intraOpNumThreads: 1 },
        numWorkers: 1,
        maxRestarts: 3,
        clock: () => performance.now(),
      },
      listener,
    );
    await decoder.start();
    return {
      decoder,
      load: (model) => decoder.load(model),
      [Symbol.asyncDispose]: () => decoder.close(5_000),
    };
  },
};
