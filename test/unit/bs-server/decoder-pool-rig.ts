import type { DecodeSlot } from '../../../bs-server/src/decode/decode-slot.ts';
import { DecoderPool } from '../../../bs-server/src/decode/decoder-pool.ts';
import type { ExecutionProvider } from '../../../bs-server/src/decode/graph.ts';
import { type FakeWorker, fakeWorkers } from './fake-worker.ts';
import { workerModel } from './worker-model.ts';

interface FixtureOptions {
  readonly numWorkers?: number;
  readonly maxRestarts?: number;
  readonly executionProviders?: readonly ExecutionProvider[];
}

export function createPool({ executionProviders = ['webgpu', 'cpu'], ...options }: FixtureOptions = {}) {
  const { workers, startWorker } = fakeWorkers();
  const events: string[] = [];
  const lost: [readonly string[], string][] = [];
  const decoded: DecodeSlot<string>[] = [];
  let nowMs = 0;
  const pool = new DecoderPool<string>(
    {
      startWorker,
      setup: {
        models: [workerModel('m')],
        maxBatchSize: 2,
        executionProviders,
        intraOpNumThreads: 1,
      },
      numWorkers: 1,
      maxRestarts: 2,
      clock: () => nowMs,
      ...options,
    },
    {
      decoded: (slot) => decoded.push(slot),
      lost: (jobs, reason) => lost.push([jobs, reason]),
      changed: ({ kind }) => events.push(kind),
    },
  );
  const worker = (i: number) => workers[i] as FakeWorker;
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { pool, workers, worker, events, lost, decoded, advance };
}

export async function startedPool(options: { maxRestarts?: number } = {}) {
  const fixture = createPool(options);
  const started = fixture.pool.start();
  fixture.worker(0).ready();
  await started;
  return fixture;
}
