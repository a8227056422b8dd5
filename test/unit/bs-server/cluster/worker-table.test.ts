import { expect, it } from 'vitest';
import type { WorkerBeat } from '../../../../bs-server/src/cluster/worker-beat.ts';
import { WorkerTable } from '../../../../bs-server/src/cluster/worker-table.ts';

function beat(worker: string, change: Partial<WorkerBeat> = {}): WorkerBeat {
  return { worker, state: 'serving', models: ['m'], decoders: 1, load: 0, ...change };
}

it('a worker table counts the decoders of a model, and only of workers that serve', () => {
  const table = new WorkerTable(300);
  table.hear(beat('a', { decoders: 2 }), 0);
  table.hear(beat('b', { models: ['n'] }), 0);
  table.hear(beat('c', { state: 'draining' }), 0);
  table.hear(beat('d', { state: 'stuck', decoders: 0 }), 0);
  expect([table.decoders(), table.decoders('m'), table.decoders('n'), table.decoders('x')]).toEqual([3, 2, 1, 0]);
});

it('a worker table says when the group has changed, and not with every beat', () => {
  const table = new WorkerTable(300);
  expect(table.hear(beat('a'), 0)).toBe(true);
  expect(table.hear(beat('a', { load: 5 }), 100)).toBe(false);
  expect(table.hear(beat('a', { models: ['m', 'n'] }), 200)).toBe(true);
  expect(table.hear(beat('a', { state: 'left' }), 300)).toBe(true);
  expect(table.decoders()).toBe(0);
  expect(table.hasSuspects).toBe(false);
});

it('a worker table takes the silent ones out, and suspects that the broker still feeds them until they are heard again', () => {
  const table = new WorkerTable(300);
  table.hear(beat('a'), 0);
  table.hear(beat('b'), 200);
  expect(table.takeSilent(300)).toEqual([]);
  expect(table.takeSilent(301)).toEqual(['a']);
  expect([table.decoders('m'), table.hasSuspects]).toEqual([1, true]);
  expect(table.hear(beat('a'), 400)).toBe(true);
  expect([table.decoders('m'), table.hasSuspects]).toEqual([2, false]);
});

it('a worker table names the idlest worker for a batch, and the one heard of last for one that was let down', () => {
  const table = new WorkerTable(300);
  table.hear(beat('a', { load: 4 }), 0);
  table.hear(beat('b', { load: 6, decoders: 2 }), 0);
  expect(table.idlest('m')).toBe('b');
  table.sign('a', 50);
  expect([table.liveliest('m', undefined), table.liveliest('m', 'a'), table.liveliest('n', undefined)]).toEqual([
    'a',
    'b',
    undefined,
  ]);
});
