import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeThread } from './fake-thread.ts';
import { createRig, period, type RigOptions } from './report-pipeline-rig.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe('ReportPipeline with an uplink-only model', () => {
  /** UE 'a' has a session, and its report of slot 1 is decoded. */
  async function reportingRig(options: RigOptions = {}) {
    const rig = await createRig(options);
    rig.watch.join('a', 1, period);
    rig.uplink('a', 1);
    rig.push('a', 1);
    rig.worker.answer();
    return rig;
  }

  it('decodes the uplink alone once a report is lost, by its timer, and fresh reports again after that', async () => {
    const { worker, uplink, push, advance, decoded, counts, pipeline, log } = await reportingRig();
    uplink('a', 21);
    advance(99);
    expect(worker.decoding).toEqual([]);
    advance(1);
    expect(worker.decoding.map(({ model, count }) => [model, count])).toEqual([['tiny-u2d', 1]]);
    expect(pipeline.inFlight).toBe(0);
    worker.answer();
    uplink('a', 41);
    push('a', 41);
    worker.answer();
    expect(decoded).toEqual(['a1 fresh 0', 'a uplink-only 21 tiny-u2d 0', 'a41 fresh 0']);
    expect(counts()).toEqual({ lost: 1, dropped: 0 });
    expect(log).toEqual(['a1 decoded estimate-published', 'a41 decoded estimate-published']);
  });

  it('counts lost reports without a model too, and decodes nothing for them', async () => {
    const { worker, uplink, advance, counts, unreplaced } = await reportingRig({ uplinkOnly: false });
    uplink('a', 21);
    expect(unreplaced).toEqual([]);
    advance(100);
    expect(worker.decoding).toEqual([]);
    expect(unreplaced).toEqual(['a']);
    expect(counts()).toEqual({ lost: 1, dropped: 0 });
  });

  it('says so where nothing stands in for a late report', async () => {
    const { push, uplink, advance, worker, log, unreplaced } = await reportingRig({ uplinkOnly: false });
    // Another UE's batch keeps the decoder while the report waits for its turn in vain.
    push('b', 21);
    uplink('a', 21);
    push('a', 21);
    advance(100);
    worker.answer();
    expect(log.at(-2)).toBe('a21 late deadline-passed');
    expect(unreplaced).toEqual(['a']);
  });

  it('says so where the batch that stands in is lost too, or no decoder is there to decode one', async () => {
    const { push, uplink, worker, log, unreplaced, counts } = await reportingRig();
    uplink('a', 21);
    push('a', 21);
    worker.answer('failed');
    expect(log.at(-1)).toBe('a21 shed decoder-error');
    worker.answer('failed');
    expect([unreplaced, counts().dropped]).toEqual([['a'], 1]);
    uplink('a', 41);
    push('a', 41);
    worker.exit(new Error('crash'));
    expect([log.at(-1), unreplaced]).toEqual(['a41 shed worker-crash', ['a', 'a']]);
  });

  it('needs nothing in the place of a report that fails after a newer one has its estimate', async () => {
    const { push, uplink, workers, log, unreplaced } = await reportingRig({ uplinkOnly: false, numWorkers: 2 });
    for (const slot of [21, 41]) {
      uplink('a', slot);
      push('a', slot);
    }
    workers[1]?.answer();
    workers[0]?.answer('failed');
    expect(log.slice(1)).toEqual(['a41 decoded estimate-published', 'a21 shed decoder-error']);
    expect(unreplaced).toEqual([]);
  });

  it('decodes the uplink of a late report alone, and what it waited for counts from its end', async () => {
    const { worker, push, uplink, advance, decoded, watch } = await createRig();
    watch.join('b', 1, period);
    push('a', 1);
    uplink('b', 1);
    push('b', 1);
    advance(100);
    worker.answer();
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny-u2d']);
    advance(7);
    worker.answer();
    // The fake decoder says that decoding took 3 ms.
    expect(decoded.slice(1)).toEqual(['b uplink-only 1 tiny-u2d 4']);
  });

  it('takes the uplink that came after a report was joined without it', async () => {
    const { worker, push, uplink, advance, decoded, watch } = await createRig({ freshnessWindowSlots: 3 });
    watch.join('b', 1, period);
    push('a', 1);
    uplink('b', 3);
    push('b', 5);
    uplink('b', 4);
    advance(100);
    worker.answer();
    worker.answer();
    expect(decoded.slice(1)).toEqual(['b uplink-only 4 tiny-u2d 0']);
  });

  it('keeps to the uplink of the slot of a late report, though it is not kept any more', async () => {
    const { worker, push, uplink, advance, decoded, watch } = await createRig({ freshnessWindowSlots: 3 });
    watch.join('b', 1, period);
    push('a', 1);
    uplink('b', 5);
    push('b', 5);
    uplink('b', 6);
    uplink('b', 4);
    advance(100);
    worker.answer();
    worker.answer();
    expect(decoded.slice(1)).toEqual(['b uplink-only 5 tiny-u2d 0']);
  });

  it('decodes nothing for a late report without any uplink', async () => {
    const { worker, push, advance, watch, counts } = await createRig();
    watch.join('b', 1, period);
    push('a', 1);
    push('b', 1);
    advance(100);
    worker.answer();
    expect(worker.decoding).toEqual([]);
    expect(counts()).toEqual({ lost: 0, dropped: 0 });
  });

  it('stands in for reports whose batch failed or that the decoder refuses', async () => {
    const { worker, push, uplink, watch, decoded, log } = await createRig();
    watch.join('a', 1, period);
    uplink('a', 1);
    push('a', 1);
    worker.answer('failed');
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny-u2d']);
    worker.answer();
    uplink('a', 2);
    push('a', 2);
    worker.flag('phase');
    worker.answer();
    worker.answer();
    expect(log).toEqual(['a1 shed decoder-error', 'a2 invalid phase']);
    expect(decoded).toEqual(['a uplink-only 1 tiny-u2d 0', 'a uplink-only 2 tiny-u2d 0']);
  });

  it('lets reports go first, whatever has waited longer, and keeps to one small batch at a time', async () => {
    const { workers, push, uplink, advance, watch } = await createRig({ numWorkers: 2, maxBatchSize: 8 });
    const [first, second] = workers as [FakeThread, FakeThread];
    for (const ueId of ['a', 'b', 'c']) {
      watch.join(ueId, 1, period);
      push(ueId, 1);
      for (const worker of workers) if (worker.decoding.length > 0) worker.answer();
      uplink(ueId, 21);
    }
    push('x', 1);
    push('y', 1);
    push('z', 1);
    advance(100);
    expect(workers.flatMap(({ decoding }) => decoding.map(({ model }) => model))).toEqual(['tiny@0', 'tiny@0']);
    // 'z' is late by now: the first free decoder goes to the uplinks, the other stays free for reports.
    first.answer();
    second.answer();
    expect(workers.flatMap(({ decoding }) => decoding.map(({ model, count }) => [model, count]))).toEqual([
      ['tiny-u2d', 2],
    ]);
    push('x', 2);
    expect(workers.map(({ decoding }) => decoding.map(({ model }) => model)).sort()).toEqual([
      ['tiny-u2d'],
      ['tiny@0'],
    ]);
  });

  it('does not begin while a report is queued', async () => {
    const { worker, push, uplink, advance, decoded } = await reportingRig();
    uplink('a', 21);
    advance(60);
    push('x', 1);
    push('y', 1);
    advance(50);
    worker.answer();
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny@0']);
    worker.answer();
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny-u2d']);
    worker.answer();
    expect(decoded.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      'a1 fresh',
      'x1 no-uplink',
      'y1 no-uplink',
      'a uplink-only',
    ]);
  });

  it('leaves the decoder to a report whose batch may still grow', async () => {
    const { worker, watch, push, uplink, advance } = await createRig({ maxQueueDelayMs: 5 });
    watch.join('a', 1, period);
    push('a', 1);
    advance(5);
    worker.answer();
    uplink('a', 21);
    advance(98);
    push('x', 1);
    advance(4);
    expect(worker.decoding).toEqual([]);
    advance(1);
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny@0']);
    worker.answer();
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny-u2d']);
  });

  it('drops an uplink that no decoder was free for in time', async () => {
    const { worker, push, uplink, advance, decoded, counts } = await reportingRig();
    push('x', 1);
    uplink('a', 21);
    advance(100);
    advance(100);
    worker.answer();
    expect(worker.decoding).toEqual([]);
    expect(decoded.some((line) => line.includes('uplink-only'))).toBe(false);
    expect(counts()).toEqual({ lost: 1, dropped: 1 });
  });

  it('publishes one estimate a slot, and none once a report has one', async () => {
    const { workers, uplink, push, advance, decoded, counts } = await reportingRig({ numWorkers: 2 });
    const [first, second] = workers as [FakeThread, FakeThread];
    uplink('a', 21);
    advance(10);
    uplink('a', 41);
    advance(90);
    first.answer();
    // The second lost report has the same newest uplink.
    advance(10);
    expect(first.decoding).toEqual([]);
    expect(counts()).toEqual({ lost: 2, dropped: 0 });
    uplink('a', 61);
    advance(100);
    expect(first.decoding.map(({ model }) => model)).toEqual(['tiny-u2d']);
    // The report comes after all, and its decoder is faster.
    push('a', 61);
    second.answer();
    first.answer();
    expect(decoded.map((line) => line.split(' ').slice(0, 3).join(' '))).toEqual([
      'a1 fresh 0',
      'a uplink-only 41',
      'a61 fresh 0',
    ]);
    expect(counts()).toEqual({ lost: 3, dropped: 1 });
  });

  it('decodes no uplink whose report has come and been decoded meanwhile', async () => {
    const { worker, uplink, push, advance, counts } = await reportingRig();
    push('x', 1);
    uplink('a', 21);
    advance(100);
    push('a', 21);
    worker.answer();
    worker.answer();
    expect(worker.decoding).toEqual([]);
    expect(counts()).toEqual({ lost: 1, dropped: 1 });
  });

  it('publishes nothing of a UE that has left', async () => {
    const { worker, uplink, advance, decoded, counts, watch } = await reportingRig();
    uplink('a', 21);
    advance(100);
    watch.leave('a');
    worker.answer();
    expect(decoded).toEqual(['a1 fresh 0']);
    expect(counts()).toEqual({ lost: 1, dropped: 1 });
  });

  it('goes on when its own batch fails or its worker crashes', async () => {
    const { workers, worker, uplink, advance, counts, push, decoded, pipeline } = await reportingRig();
    uplink('a', 21);
    advance(100);
    worker.answer('failed');
    uplink('a', 41);
    advance(100);
    expect(worker.decoding.map(({ model }) => model)).toEqual(['tiny-u2d']);
    worker.exit(new Error('crash'));
    expect(counts()).toEqual({ lost: 2, dropped: 2 });
    (workers[1] as FakeThread).ready();
    push('a', 61);
    expect(pipeline.inFlight).toBe(1);
    (workers[1] as FakeThread).answer();
    expect(decoded.at(-1)).toBe('a61 no-uplink 0');
    expect(pipeline.inFlight).toBe(0);
  });

  it('neither waits for uplinks when it drains nor begins any after that', async () => {
    const { worker, uplink, advance, counts, pipeline, decoded } = await reportingRig();
    uplink('a', 21);
    advance(100);
    uplink('a', 41);
    await pipeline.drain(1000);
    expect(vi.getTimerCount()).toBe(0);
    worker.answer();
    uplink('a', 61);
    advance(1000);
    expect(worker.decoding).toEqual([]);
    expect(decoded).toEqual(['a1 fresh 0']);
    expect(counts()).toEqual({ lost: 1, dropped: 1 });
  });
});
