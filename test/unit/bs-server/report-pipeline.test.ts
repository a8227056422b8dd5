import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AcceptedReport } from '../../../bs-server/src/accepted-report.ts';
import { BatchQueues } from '../../../bs-server/src/batching/batch-queues.ts';
import type { DecodeJob, ReportJob } from '../../../bs-server/src/decode-job.ts';
import { DecoderPool } from '../../../bs-server/src/decoding/decoder-pool.ts';
import { ReportPipeline } from '../../../bs-server/src/report-pipeline.ts';
import { ReportWatch } from '../../../bs-server/src/uplink/report-watch.ts';
import { UplinkJoin } from '../../../bs-server/src/uplink/uplink-join.ts';
import { UplinkOnlyStage } from '../../../bs-server/src/uplink-only-stage.ts';
import { type FakeWorker, fakeWorkers } from './fake-worker.ts';
import { workerModel } from './worker-model.ts';

const shape = { numAntennas: 1, numDelays: 1 };
beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const period = 20;
const uplinkOnlyModel = { modelId: 'tiny-u2d', shape };

interface RigOptions {
  readonly maxQueueDelayMs?: number;
  readonly uplinkWaitMs?: number;
  readonly freshnessWindowSlots?: number;
  readonly maxRestarts?: number;
  readonly numWorkers?: number;
  readonly uplinkOnly?: boolean;
  readonly queueBound?: number;
}

/** A pipeline with fake workers that are ready, two models, and time in the test's hands. */
async function createRig(options: RigOptions = {}) {
  let nowMs = 1000;
  const clock = () => nowMs;
  const { workers, startWorker } = fakeWorkers();
  const log: string[] = [];
  const flushed: string[] = [];
  const decoded: string[] = [];
  const pool = new DecoderPool<DecodeJob>(
    {
      startWorker,
      setup: { models: [workerModel('tiny@0')], maxBatchSize: 2, executionProviders: ['cpu'], intraOpNumThreads: 1 },
      numWorkers: options.numWorkers ?? 1,
      maxRestarts: options.maxRestarts ?? 1,
      clock,
    },
    {
      decoded: (slot, decodeMs, codewordDrift) => pipeline.finish(slot, decodeMs, codewordDrift),
      lost: (jobs, reason) => pipeline.lose(jobs, reason),
      changed: () => pipeline.resume(),
    },
  );
  const join = new UplinkJoin<AcceptedReport>({
    freshnessWindowSlots: options.freshnessWindowSlots ?? 0,
    maxUplinkAgeMs: 1000,
    uplinkWaitMs: options.uplinkWaitMs ?? 0,
    uplinksPerUe: 2,
    maxUes: 8,
  });
  const batcherOptions = { maxBatchSize: 2, maxQueueDelayMs: options.maxQueueDelayMs ?? 0 };
  const watch = new ReportWatch({ deadlineMs: 100, maxUes: 8 });
  let lost = 0;
  const unreplaced: string[] = [];
  let dropped = 0;
  const uplinkOnly = new UplinkOnlyStage({
    model: options.uplinkOnly === false ? undefined : uplinkOnlyModel,
    watch,
    join,
    maxBatchSize: 8,
    deadlineMs: 100,
    listener: {
      lost: () => lost++,
      unreplaced: (ueId) => unreplaced.push(ueId),
      uplinkDecoded: ({ job, modelId, queueMs }) =>
        decoded.push(`${job.ueId} ${job.quality} ${job.uplink.sample.slot} ${modelId} ${queueMs}`),
      uplinksDropped: (count) => {
        dropped += count;
      },
    },
  });
  const pipeline: ReportPipeline = new ReportPipeline({
    join,
    queues: new BatchQueues<ReportJob>(batcherOptions),
    uplinkOnly,
    pool,
    clock,
    queueBound: () => options.queueBound ?? 8,
    listener: {
      decoded: ({ job, queueMs }) => decoded.push(`${job.report.ueId}${job.report.seq} ${job.quality} ${queueMs}`),
      settled: ({ ueId, seq }, outcome, reason) => log.push(`${ueId}${seq} ${outcome} ${reason}`),
      batchDone: () => undefined,
    },
  });
  const started = pool.start();
  (workers[0] as FakeWorker).ready();
  await Promise.resolve();
  await Promise.resolve();
  for (const worker of workers.slice(1)) worker.ready();
  await started;
  const push = (ueId: string, seq: number, change: Partial<AcceptedReport> = {}) =>
    pipeline.pushReport({
      ueId,
      epoch: 1,
      seq,
      slot: seq,
      version: 'tiny@0',
      modelId: 'tiny',
      shape,
      periodSlots: period,
      codeword: Uint8Array.of(seq),
      truncation: 0,
      theta: 1,
      phase: new Uint8Array(),
      phaseBits: 0,
      scaleLevel: 0,
      payloadBits: 16,
      processingUs: 0,
      receivedMs: nowMs,
      deadlineMs: nowMs + 100,
      origin: { settle: () => undefined, flush: () => flushed.push(`${ueId}${seq}`) },
      ...change,
    });
  const advance = (ms: number) => {
    nowMs += ms;
    vi.advanceTimersByTime(ms);
  };
  const uplink = (ueId: string, slot: number) =>
    pipeline.pushUplink(ueId, { slot, ...shape, values: new Float32Array(2) });
  const counts = () => ({ lost, dropped });
  const worker = workers[0] as FakeWorker;
  return { pipeline, workers, worker, pool, watch, log, flushed, decoded, unreplaced, counts, push, uplink, advance };
}

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
    expect(pipeline.queued).toBe(1);
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
    push('b', 1, { version: 'tiny@1', deadlineMs: 1090 });
    push('c', 1, { version: 'tiny@0', deadlineMs: 1080 });
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
    expect(pipeline.queued).toBe(1);
    const successor = workers[1] as FakeWorker;
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
    const { workers, push, uplink, advance, watch } = await createRig({ numWorkers: 2 });
    const [first, second] = workers as [FakeWorker, FakeWorker];
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
    const [first, second] = workers as [FakeWorker, FakeWorker];
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
    (workers[1] as FakeWorker).ready();
    push('a', 61);
    expect(pipeline.inFlight).toBe(1);
    (workers[1] as FakeWorker).answer();
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
