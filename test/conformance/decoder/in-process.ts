import type * as decoderPool from '../../../bs-server/src/decode/decoder-pool.ts';
import type { DecodeJob } from '../../../bs-server/src/queue/decode-job.ts';
import { builtModule } from '../../e2e/built-module.ts';
import { type Contender, maxBatchSize } from './decoder-rig.ts';

/** Decode workers that are threads of this process. */
export const inProcess: Contender = {
  name: 'in process',
  problem: undefined,
  async open({ workerModels: models }, listener) {
    const { DecoderPool } = await builtModule<typeof decoderPool>('./decode/decoder-pool.js');
    const decoder = new DecoderPool<DecodeJob>(
      {
        maxBatchSize,
        executionProviders: ['cpu'],
        intraOpNumThreads: 1,
        decodeWorkers: 1,
        maxWorkerRestarts: 3,
        clock: () => performance.now(),
      },
      models,
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
