import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batcher } from '../../../bs-server/src/queue/batch-queues.ts';

function createBatcher(options: { maxBatchSize?: number; maxQueueDelayMs?: number } = {}): Batcher<string> {
  return new Batcher({ maxBatchSize: 2, maxQueueDelayMs: 0, ...options });
}

describe('Batcher', () => {
  it('gives the earliest deadlines first, whatever the order of arrival', () => {
    const batcher = createBatcher();
    batcher.push('a', 30, 'a1', 0);
    batcher.push('b', 10, 'b1', 1);
    batcher.push('c', 20, 'c1', 2);
    expect(batcher.urgencyMs).toBe(10);
    expect(batcher.take(5)).toEqual({ jobs: ['b1', 'c1'], late: [] });
    expect(batcher.take(5)).toEqual({ jobs: ['a1'], late: [] });
    expect(batcher.urgencyMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('replaces a job by a newer one of the same UE, in the same place', () => {
    const batcher = createBatcher();
    batcher.push('a', 10, 'a1', 0);
    batcher.push('b', 20, 'b1', 0);
    expect(batcher.push('a', 30, 'a2', 5)).toBe('a1');
    expect(batcher.size).toBe(2);
    expect(batcher.take(15)).toEqual({ jobs: ['a2', 'b1'], late: [] });
  });

  it('sorts out jobs past their deadline without giving them a place in the batch', () => {
    const batcher = createBatcher();
    for (const [i, ueId] of ['a', 'b', 'c', 'd'].entries()) batcher.push(ueId, 10 * (i + 1), `${ueId}1`, 0);
    expect(batcher.take(20)).toEqual({ jobs: ['c1', 'd1'], late: ['a1', 'b1'] });
    expect(batcher.size).toBe(0);
  });

  it('takes late jobs alone while no decoder takes a batch', () => {
    const batcher = createBatcher();
    batcher.push('a', 10, 'a1', 0);
    batcher.push('b', 20, 'b1', 0);
    expect(batcher.takeLate(10)).toEqual(['a1']);
    expect(batcher.take(10)).toEqual({ jobs: ['b1'], late: [] });
  });

  it('is ready at once without a queue delay', () => {
    const batcher = createBatcher();
    expect(batcher.readyAtMs).toBe(Number.POSITIVE_INFINITY);
    batcher.push('a', 100, 'a1', 7);
    expect(batcher.readyAtMs).toBe(7);
  });

  it('waits for the queue delay of its first job, or until the batch is full', () => {
    const batcher = createBatcher({ maxQueueDelayMs: 5 });
    batcher.push('a', 100, 'a1', 7);
    batcher.push('a', 101, 'a2', 8);
    expect(batcher.readyAtMs).toBe(12);
    expect(batcher.full).toBe(false);
    batcher.push('b', 100, 'b1', 9);
    expect(batcher.readyAtMs).toBeLessThanOrEqual(9);
    expect(batcher.full).toBe(true);
  });

  it('gives up the oldest deadlines beyond a bound', () => {
    const batcher = createBatcher();
    for (const [i, ueId] of ['a', 'b', 'c', 'd'].entries()) batcher.push(ueId, 10 * (4 - i), `${ueId}1`, 0);
    expect(batcher.takeExcess(4)).toEqual([]);
    expect(batcher.takeExcess(2)).toEqual(['d1', 'c1']);
    expect(batcher.push('d', 50, 'd2', 5)).toBeUndefined();
    expect(batcher.size).toBe(3);
  });

  it('forgets everything that is taken at the end', () => {
    const batcher = createBatcher();
    batcher.push('a', 10, 'a1', 0);
    batcher.push('b', 20, 'b1', 0);
    expect(batcher.takeAll()).toEqual(['a1', 'b1']);
    expect(batcher.size).toBe(0);
    expect(batcher.push('a', 30, 'a2', 1)).toBeUndefined();
  });

  it('accounts for every job once and never holds two of one UE', () => {
    const push = fc.record({ ue: fc.integer({ min: 0, max: 5 }), deadlineMs: fc.integer({ min: 1, max: 60 }) });
    const step = fc.oneof(push, fc.constant('take' as const), fc.constant('late' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), fc.integer({ min: 1, max: 4 }), (steps, maxBatchSize) => {
        const batcher = new Batcher<number>({ maxBatchSize, maxQueueDelayMs: 0 });
        const left: number[] = [];
        let pushed = 0;
        for (const [nowMs, action] of steps.entries()) {
          if (action === 'take') {
            const { jobs, late } = batcher.take(nowMs);
            expect(jobs.length).toBeLessThanOrEqual(maxBatchSize);
            left.push(...jobs, ...late);
          } else if (action === 'late') {
            left.push(...batcher.takeLate(nowMs));
          } else {
            const superseded = batcher.push(`${action.ue}`, nowMs + action.deadlineMs, pushed++, nowMs);
            if (superseded !== undefined) left.push(superseded);
          }
          expect(batcher.size).toBeLessThanOrEqual(6);
        }
        left.push(...batcher.takeAll());
        expect(left.sort((a, b) => a - b)).toEqual(Array.from({ length: pushed }, (_, i) => i));
      }),
      { seed: 20190805 },
    );
  });
});
