import { describe, expect, it, vi } from 'vitest';
import { createPool, startedPool } from './decoder-pool-rig.ts';
import type { FakeThread } from './fake-thread.ts';
import { namedJobs, workerModel } from './worker-model.ts';

describe('a model that is loaded while the pool serves', () => {
  const keysOf = (worker: FakeThread) => worker.setup.models.map(({ key }) => key);

  /** Two workers that serve. */
  async function twoWorkers() {
    const fixture = createPool({ decodeWorkers: 2 });
    const started = fixture.pool.start();
    fixture.worker(0).ready();
    await vi.waitFor(() => expect(fixture.workers).toHaveLength(2));
    fixture.worker(1).ready();
    await started;
    return fixture;
  }

  it('is loaded in one worker after the other', async () => {
    const { pool, worker } = await twoWorkers();
    const loaded = pool.load(workerModel('n'));
    expect(worker(0).requests).toMatchObject([{ kind: 'load', model: { key: 'n' } }]);
    expect(worker(1).requests).toEqual([]);
    worker(0).settle();
    await vi.waitFor(() => expect(worker(1).requests).toMatchObject([{ kind: 'load', model: { key: 'n' } }]));
    worker(1).settle();
    await loaded;
  });

  it('leaves batches to the workers that do not load', async () => {
    const { pool, worker } = await twoWorkers();
    const loaded = pool.load(workerModel('n'));
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    expect(worker(0).decoding).toHaveLength(0);
    expect(worker(1).decoding).toHaveLength(1);
    pool.claim(false)?.dispatch('m', namedJobs('b'));
    expect(worker(0).decoding).toHaveLength(1);
    worker(0).settle();
    await vi.waitFor(() => expect(worker(1).requests).toHaveLength(2));
    worker(1).settle();
    await loaded;
  });

  it('is freed again where the next worker refuses it, and the reason is told', async () => {
    const { pool, worker } = await twoWorkers();
    const loaded = pool.load(workerModel('n'));
    worker(0).settle();
    await vi.waitFor(() => expect(worker(1).requests).toHaveLength(1));
    worker(1).settle('no such operator');
    await vi.waitFor(() => expect(worker(0).requests).toMatchObject([{ kind: 'unload', model: 'n' }]));
    worker(0).settle();
    await expect(loaded).rejects.toThrow('no such operator');
    worker(0).exit(new Error('boom'));
    expect(keysOf(worker(2))).toEqual(['m']);
  });

  it('is loaded again by the successor of a crashed worker, and one that is unloaded is not', async () => {
    const { pool, worker } = await startedPool();
    const loaded = pool.load(workerModel('n'));
    worker(0).settle();
    await loaded;
    worker(0).exit(new Error('boom'));
    expect(keysOf(worker(1))).toEqual(['m', 'n']);
    worker(1).ready();
    const unloaded = pool.unload('m');
    expect(worker(1).requests).toMatchObject([{ kind: 'unload', model: 'm' }]);
    worker(1).settle();
    await unloaded;
    worker(1).exit(new Error('boom'));
    expect(keysOf(worker(2))).toEqual(['n']);
  });

  it('fails where the worker crashes on it, and its successor does without', async () => {
    const { pool, worker } = await startedPool();
    const loaded = pool.load(workerModel('n'));
    worker(0).exit(new Error('boom'));
    await expect(loaded).rejects.toThrow('boom');
    expect(keysOf(worker(1))).toEqual(['m']);
  });

  it('counts as freed where the worker ends instead of answering', async () => {
    const { pool, worker } = await startedPool();
    const unloaded = pool.unload('m');
    worker(0).exit(new Error('boom'));
    await unloaded;
    expect(keysOf(worker(1))).toEqual([]);
  });

  it('gets larger slots between batches, which a slot that is with the worker keeps until it is back', async () => {
    const { pool, worker, decoded } = await startedPool();
    const busy = pool.claim(false);
    busy?.dispatch('m', namedJobs('a'));
    const loaded = pool.load(workerModel('n', { maxEntries: 5 }));
    worker(0).settle();
    await loaded;
    expect(busy?.buffers.layout.maxEntries).toBe(1);
    const larger = pool.claim(true);
    expect(larger?.buffers.layout).toEqual({ maxBatchSize: 2, maxRecordBytes: 2, maxEntries: 5 });
    larger?.dispatch('n', namedJobs('b'));
    expect(worker(0).requests.slice(1)).toMatchObject([
      { kind: 'slot', slot: 1, buffers: { memory: larger?.buffers.memory } },
      { kind: 'decode', slot: 1, model: 'n' },
    ]);
    worker(0).answer();
    expect(decoded[0]?.buffers.layout.maxEntries).toBe(1);
    decoded[0]?.release();
    expect(pool.claim(true)?.buffers.layout.maxEntries).toBe(5);
  });

  it('is not sent to a worker that is stuck and would not answer', async () => {
    const { pool, worker, advance } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    advance(1001);
    pool.checkProgress(1000);
    await expect(pool.load(workerModel('n'))).rejects.toThrow('a batch is stuck in a decode worker');
    expect(worker(0).requests.map(({ kind }) => kind)).toEqual(['decode']);
  });

  it('cannot be loaded where no worker is left', async () => {
    const { pool, worker } = await startedPool({ maxWorkerRestarts: 0 });
    worker(0).exit(new Error('boom'));
    await expect(pool.load(workerModel('n'))).rejects.toThrow('no decode worker is left');
    await pool.unload('m');
  });
});
