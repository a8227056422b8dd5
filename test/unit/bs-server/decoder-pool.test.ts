import { describe, expect, it } from 'vitest';
import { createPool, startedPool } from './decoder-pool-rig.ts';
import { namedJobs } from './worker-model.ts';

describe('DecoderPool', () => {
  it('serves once its worker is ready, not before', async () => {
    const { pool, worker } = createPool();
    const started = pool.start();
    expect(pool.serving).toBe(false);
    expect(pool.claim(true)).toBeUndefined();
    worker(0).ready();
    expect(await started).toBe('cpu');
    expect(pool.serving).toBe(true);
  });

  it('gives an idle worker any batch and a busy one a second batch only where it is full', async () => {
    const { pool, worker } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    expect(pool.claim(false)).toBeUndefined();
    const second = pool.claim(true);
    expect(second).toBeDefined();
    second?.dispatch('m', namedJobs('b', 'c'));
    expect(pool.claim(true)).toBeUndefined();
    expect(pool.inFlight).toBe(3);
    expect(worker(0).decoding).toEqual([
      { kind: 'decode', slot: 0, model: 'm', count: 1 },
      { kind: 'decode', slot: 1, model: 'm', count: 2 },
    ]);
  });

  it('gives a worker nothing while a batch takes too long, and goes on once it is done', async () => {
    const { pool, worker, events, advance } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    advance(100);
    pool.checkProgress(100);
    expect(pool.serving).toBe(true);
    advance(1);
    pool.checkProgress(100);
    pool.checkProgress(100);
    expect([pool.serving, pool.numStuck, pool.claim(true)]).toEqual([false, 1, undefined]);
    worker(0).answer();
    expect([pool.serving, pool.numStuck]).toEqual([true, 0]);
    expect(events).toEqual(['serving', 'stuck', 'recovered']);
  });

  it('does not count a wait for work, or for the batch before, as being stuck', async () => {
    const { pool, worker, advance } = await startedPool();
    advance(1000);
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    advance(80);
    pool.claim(true)?.dispatch('m', namedJobs('b', 'c'));
    worker(0).answer();
    advance(80);
    pool.checkProgress(100);
    expect(pool.numStuck).toBe(0);
  });

  it('hands a decoded slot out with its jobs and does not reuse it before it is released', async () => {
    const { pool, worker, decoded } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    worker(0).answer();
    const [slot] = decoded;
    expect(slot?.jobs).toEqual(namedJobs('a'));
    const other = pool.claim(false);
    expect(other).toBeDefined();
    expect(other).not.toBe(slot);
    other?.release();
    slot?.release();
    expect(pool.inFlight).toBe(0);
    expect(pool.claim(false)).toBe(slot);
  });

  it('starts further workers on the CPU only', async () => {
    const onCpu = createPool({ decodeWorkers: 3 });
    const started = onCpu.pool.start();
    onCpu.worker(0).ready('cpu');
    await Promise.resolve();
    await Promise.resolve();
    expect(onCpu.workers.map(({ setup }) => setup.executionProviders)).toEqual([['webgpu', 'cpu'], ['cpu'], ['cpu']]);
    onCpu.worker(1).ready();
    onCpu.worker(2).ready();
    await started;
    onCpu.pool.claim(false)?.dispatch('m', namedJobs('a'));
    onCpu.pool.claim(false)?.dispatch('m', namedJobs('b'));
    expect(onCpu.workers.map(({ decoding }) => decoding.length)).toEqual([1, 1, 0]);

    const onGpu = createPool({ decodeWorkers: 3 });
    const gpuStarted = onGpu.pool.start();
    onGpu.worker(0).ready('webgpu');
    expect(await gpuStarted).toBe('webgpu');
    expect(onGpu.workers).toHaveLength(1);
  });

  it('reports the batches of a crashed worker as lost and replaces it', async () => {
    const { pool, workers, worker, lost, events } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    pool.claim(true)?.dispatch('m', namedJobs('b', 'c'));
    worker(0).exit(new Error('segmentation fault'));
    expect(lost).toEqual([[['a', 'b', 'c'], 'worker-crash']]);
    expect(pool.inFlight).toBe(0);
    expect(pool.serving).toBe(false);
    expect(pool.down).toBe(false);
    expect(workers).toHaveLength(2);
    worker(1).ready();
    expect(pool.serving).toBe(true);
    expect(pool.claim(false)).toBeDefined();
    expect(events).toEqual(['serving', 'restarting', 'serving']);
  });

  it('goes on without a GPU that fails, on as many workers as the CPU is given', async () => {
    const { pool, workers, worker, lost, events } = createPool({ decodeWorkers: 2 });
    const started = pool.start();
    worker(0).ready('webgpu');
    await started;
    for (const job of ['a', 'b', 'c']) {
      pool.claim(false)?.dispatch('m', namedJobs(job));
      worker(0).answer('failed');
    }
    worker(0).exit();
    expect(lost.map(([jobs]) => jobs)).toEqual([['a'], ['b'], ['c']]);
    expect(pool.down).toBe(false);
    expect(workers.slice(1).map(({ setup }) => setup.executionProviders)).toEqual([['cpu'], ['cpu']]);
    worker(1).ready();
    worker(2).ready();
    expect(pool.numServing).toBe(2);
    expect(events.filter((kind) => kind !== 'batch-failed')).toEqual([
      'serving',
      'restarting',
      'fell-back',
      'serving',
      'serving',
    ]);
    // From here on it is like any other crash on the CPU.
    worker(1).exit(new Error('crash'));
    expect(events.filter((kind) => kind === 'fell-back')).toHaveLength(1);
    expect(workers).toHaveLength(4);
  });

  it('keeps to the GPU where it may use nothing else', async () => {
    const { pool, workers, worker } = createPool({ executionProviders: ['webgpu'] });
    const started = pool.start();
    worker(0).ready('webgpu');
    await started;
    worker(0).exit(new Error('device lost'));
    expect(workers.map(({ setup }) => setup.executionProviders)).toEqual([['webgpu'], ['webgpu']]);
  });

  it('gives up after too many restarts within a minute', async () => {
    const { pool, workers, worker, events, advance } = await startedPool({ maxWorkerRestarts: 2 });
    for (const i of [0, 1]) {
      worker(i).exit(new Error('crash'));
      worker(i + 1).ready();
    }
    advance(61_000);
    worker(2).exit(new Error('crash'));
    expect(workers).toHaveLength(4);
    worker(3).exit(new Error('crash before it served'));
    expect(pool.down).toBe(false);
    worker(4).exit(new Error('crash'));
    expect(workers).toHaveLength(5);
    expect(pool.down).toBe(true);
    expect(events.at(-1)).toBe('gave-up');
  });

  it('loses a batch whose decoding fails, and the worker after three in a row', async () => {
    const { pool, worker, lost, events } = await startedPool();
    for (const job of ['a', 'b']) {
      pool.claim(false)?.dispatch('m', namedJobs(job));
      worker(0).answer('failed');
    }
    pool.claim(false)?.dispatch('m', namedJobs('c'));
    worker(0).answer('decoded');
    for (const job of ['d', 'e', 'f']) {
      expect(worker(0).asked).toBe(false);
      pool.claim(true)?.dispatch('m', namedJobs(job));
      worker(0).answer('failed');
    }
    expect(worker(0).asked).toBe(true);
    expect(pool.claim(true)).toBeUndefined();
    worker(0).exit();
    expect(lost.map(([jobs, reason]) => `${jobs} ${reason}`)).toEqual(
      ['a', 'b', 'd', 'e', 'f'].map((job) => `${job} decoder-error`),
    );
    expect(events.filter((kind) => kind === 'restarting')).toHaveLength(1);
  });

  it('rejects start where the worker ends before it serves', async () => {
    const { pool, workers, worker } = createPool();
    const started = pool.start();
    worker(0).exit(new Error('not an ONNX file'));
    await expect(started).rejects.toThrow('not an ONNX file');
    expect(workers).toHaveLength(1);
    expect(pool.down).toBe(true);
  });

  it('closes twice, lets batches finish and starts nothing again', async () => {
    const { pool, workers, worker, decoded } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    const closed = [pool.close(60_000), pool.close(60_000)];
    expect(pool.claim(true)).toBeUndefined();
    expect(worker(0).requests.at(-1)).toEqual({ kind: 'close' });
    worker(0).answer();
    expect(decoded.map(({ jobs }) => jobs)).toEqual([namedJobs('a')]);
    worker(0).exit();
    await Promise.all(closed);
    expect(workers).toHaveLength(1);
  });

  it('leaves a worker to itself that does not end in time, and counts its batch as lost', async () => {
    const { pool, worker, lost } = await startedPool();
    pool.claim(false)?.dispatch('m', namedJobs('a'));
    await pool.close(1);
    expect(worker(0).abandoned).toBe(true);
    expect(lost).toEqual([[['a'], 'worker-crash']]);
  });
});
