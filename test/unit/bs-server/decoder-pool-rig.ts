import type { BatchSlot } from '../../../bs-server/src/decode/batch-slot.ts';
import { DecoderPool } from '../../../bs-server/src/decode/decoder-pool.ts';
import type { ExecutionProvider } from '../../../bs-server/src/decode/graph.ts';
import { type FakeThread, fakeThreads } from './fake-thread.ts';
import { type NamedJob, workerModel } from './worker-model.ts';

interface FixtureOptions {
  readonly decodeWorkers?: number;
  readonly maxWorkerRestarts?: number;
  readonly executionProviders?: readonly ExecutionProvider[];
}

export function createPool({ executionProviders = ['webgpu', 'cpu'], ...options }: FixtureOptions = {}) {
  const { threads: workers, startThread } = fakeThreads();
  const events: string[] = [];
  const lost: [readonly string[], string][] = [];
  const decoded: BatchSlot<NamedJob>[] = [];
  let nowMs = 0;
  const pool = new DecoderPool<NamedJob>(
    {
      maxBatchSize: 2,
      executionProviders,
      intraOpNumThreads: 1,
      decodeWorkers: 1,
      maxWorkerRestarts: 2,
      clock: () => nowMs,
      ...options,
    },
    [workerModel('m')],
    {
      decoded: (slot) => decoded.push(slot),
      lost: (jobs, reason) => lost.push([jobs.map(({ name }) => name), reason]),
      changed: ({ kind }) => events.push(kind),
    },
    startThread,
  );
  const worker = (i: number) => workers[i] as FakeThread;
  const advance = (ms: number) => {
    nowMs += ms;
  };
  return { pool, workers, worker, events, lost, decoded, advance };
}

export async function startedPool(options: { maxWorkerRestarts?: number } = {}) {
  const fixture = createPool(options);
  const started = fixture.pool.start();
  fixture.worker(0).ready();
  await started;
  return fixture;
}
