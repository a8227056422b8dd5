import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeThread } from './fake-thread.ts';
import { createRig } from './report-pipeline-rig.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('ReportPipeline', () => {
  it('sheds the report of the oldest deadline where the queue is full', async () => {
    const { push, log, flushed, pipeline } = await createRig({ queueBound: 1 });
    for (const ueId of ['a', 'b', 'c']) push(ueId, 1);
    expect(log).toEqual(['b1 shed queue-full']);
    expect(flushed).toEqual(['b1']);
    expect(pipeline.inFlight).toBe(2);
  });

  it('decodes at once while the decoder is idle, and batches what arrives while it is busy', async () => {
    const { worker, push, decoded, log, flushed, pipeline } = await createRig();
    push('a', 1);
    push('b', 1);
    expect(worker.decoding.map(({ count }) => count)).toEqual([1]);
    expect(pipeline.queues.size).toBe(1);
    push('c', 1);
    // Full: handed over already, so that the decoder does not pause between the two.
    expect(worker.decoding.map(({ count }) => count)).toEqual([1, 2]);
    worker.answer();
    worker.answer();
    expect(decoded.map((line) => line.split(' ')[0])).toEqual(['a1', 'b1', 'c1']);
    expect(log).toEqual(['a1', 'b1', 'c1'].map((report) => `${report} decoded estimate-published`));
    expect(flushed).toEqual(['a1', 'b1', 'c1']);
    expect(pipeline.inFlight).toBe(0);
  });

  it('settles a queued report as superseded when a newer one of its UE arrives', async () => {
    const { worker, push, log } = await createRig();
    push('a', 1);
    push('b', 1);
    push('b', 2);
    expect(log).toEqual(['b1 superseded newer-report']);
    worker.answer();
    worker.answer();
    expect(log.slice(1)).toEqual(['a1 decoded estimate-published', 'b2 decoded estimate-published']);
  });

  it('drops a report that is past its deadline when its turn comes', async () => {
    const { worker, push, log, flushed, advance, pipeline } = await createRig();
    push('a', 1);
    push('b', 1);
    advance(100);
    worker.answer();
    expect(log).toContain('b1 late deadline-passed');
    expect(flushed).toContain('b1');
    expect(worker.decoding).toEqual([]);
    expect(pipeline.inFlight).toBe(0);
  });

  it('waits a moment for the uplink and goes on without it', async () => {
    const { worker, push, uplink, advance, decoded, pipeline } = await createRig({ uplinkWaitMs: 2 });
    push('a', 1);
    push('b', 1);
    expect(worker.decoding).toEqual([]);
    expect(pipeline.inFlight).toBe(2);
    uplink('b', 1);
    worker.answer();
    advance(2);
    worker.answer();
    expect(decoded.map((line) => line.slice(0, -2))).toEqual(['b1 fresh', 'a1 no-uplink']);
  });

  it('lets a batch grow for the queue delay, then sends it', async () => {
    const { worker, push, advance } = await createRig({ maxQueueDelayMs: 5 });
    push('a', 1);
    advance(4);
    expect(worker.decoding).toEqual([]);
    advance(1);
    expect(worker.decoding.map(({ count }) => count)).toEqual([1]);
  });

  it('takes the most urgent model first and never mixes two in a batch', async () => {
    const { worker, push } = await createRig();
    push('a', 1);
    push('b', 1, { model: 'tiny@1', deadlineMs: 1090 });
    push('c', 1, { model: 'tiny@0', deadlineMs: 1080 });
    worker.answer();
    worker.answer();
    expect(worker.decoding.map(({ model, count }) => [model, count])).toEqual([['tiny@1', 1]]);
  });

  it('answers for the reports of a crashed worker and goes on with its successor', async () => {
    const { workers, worker, push, log, flushed, pipeline, decoded } = await createRig();
    push('a', 1);
    push('b', 1);
    worker.exit(new Error('crash'));
    expect(log).toEqual(['a1 shed worker-crash']);
    expect(flushed).toEqual(['a1']);
    expect(pipeline.queues.size).toBe(1);
    const successor = workers[1] as FakeThread;
    successor.ready();
    successor.answer();
    expect(decoded.map((line) => line.split(' ')[0])).toEqual(['b1']);
  });

  it('drops late reports on time while a worker is being replaced', async () => {
    const { worker, push, log, advance } = await createRig();
    worker.exit(new Error('crash'));
    push('a', 1);
    advance(99);
    expect(log).toEqual([]);
    advance(1);
    expect(log).toEqual(['a1 late deadline-passed']);
  });

  it('sheds everything once no decoder is left', async () => {
    const { worker, push, log, pipeline } = await createRig({ maxRestarts: 0 });
    push('a', 1);
    push('b', 1);
    worker.exit(new Error('crash'));
    push('c', 1);
    expect(log).toEqual(['b1 shed no-decoder', 'a1 shed worker-crash', 'c1 shed no-decoder']);
    expect(pipeline.inFlight).toBe(0);
  });

  it('drains: takes nothing new and resolves when the last report is settled', async () => {
    const { worker, push, log, pipeline } = await createRig();
    push('a', 1);
    push('b', 1);
    let drained = false;
    const draining = pipeline.drain(1000).then(() => {
      drained = true;
    });
    push('c', 1);
    expect(log).toEqual(['c1 shed draining']);
    worker.answer();
    await Promise.resolve();
    expect(drained).toBe(false);
    worker.answer();
    await draining;
    expect(log.slice(1)).toEqual(['a1 decoded estimate-published', 'b1 decoded estimate-published']);
  });

  it('sheds what is still queued when draining takes too long', async () => {
    const { push, log, pipeline, advance } = await createRig();
    push('a', 1);
    push('b', 1);
    const draining = pipeline.drain(50);
    advance(50);
    await draining;
    expect(log).toEqual(['b1 shed draining']);
    expect(pipeline.inFlight).toBe(1);
  });
});
