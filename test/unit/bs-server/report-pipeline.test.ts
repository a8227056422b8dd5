import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AcceptedReport } from '../../../bs-server/src/accepted-report.ts';
import { Batcher } from '../../../bs-server/src/batching/batcher.ts';
import { DecoderPool } from '../../../bs-server/src/decoding/decoder-pool.ts';
import { type DecodeJob, ReportPipeline } from '../../../bs-server/src/report-pipeline.ts';
import { UplinkJoin } from '../../../bs-server/src/uplink/uplink-join.ts';
import { type FakeWorker, fakeWorkers } from './fake-worker.ts';

const shape = { numAntennas: 1, numDelays: 1 };
const layout = { maxBatchSize: 2, maxCodewordBytes: 1, maxPhaseBytes: 1, maxEntries: 1 };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A pipeline with a fake worker that is ready, two models, and time in the test's hands. */
async function createRig(options: { maxQueueDelayMs?: number; uplinkWaitMs?: number; maxRestarts?: number } = {}) {
  let nowMs = 1000;
  const clock = () => nowMs;
  const { workers, startWorker } = fakeWorkers();
  const log: string[] = [];
  const flushed: string[] = [];
  const decoded: string[] = [];
  const pool = new DecoderPool<DecodeJob>(
    {
      startWorker,
      setup: { models: [], layout, executionProviders: ['cpu'], intraOpNumThreads: 1 },
      numWorkers: 1,
      maxRestarts: options.maxRestarts ?? 1,
      clock,
    },
    {
      decoded: (slot, decodeMs) => pipeline.finish(slot, decodeMs),
      lost: (jobs, reason) => pipeline.lose(jobs, reason),
      changed: () => pipeline.resume(),
    },
  );
  const join = new UplinkJoin<AcceptedReport>({
    freshnessWindowSlots: 0,
    maxUplinkAgeMs: 1000,
    uplinkWaitMs: options.uplinkWaitMs ?? 0,
    uplinksPerUe: 2,
    maxUes: 8,
  });
  const batcherOptions = { maxBatchSize: layout.maxBatchSize, maxQueueDelayMs: options.maxQueueDelayMs ?? 0 };
  const pipeline: ReportPipeline = new ReportPipeline({
    join,
    batchers: [new Batcher<DecodeJob>(batcherOptions), new Batcher<DecodeJob>(batcherOptions)],
    pool,
    clock,
    listener: {
      decoded: ({ job, queueMs }) => decoded.push(`${job.report.ueId}${job.report.seq} ${job.quality} ${queueMs}`),
      settled: ({ ueId, seq }, outcome, reason) => log.push(`${ueId}${seq} ${outcome} ${reason}`),
      batchDone: () => undefined,
    },
  });
  const started = pool.start();
  (workers[0] as FakeWorker).ready();
  await started;
  const push = (ueId: string, seq: number, change: Partial<AcceptedReport> = {}) =>
    pipeline.pushReport({
      ueId,
      epoch: 1,
      seq,
      slot: seq,
      model: 0,
      modelId: 'tiny',
      shape,
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
  return { pipeline, workers, worker: workers[0] as FakeWorker, pool, log, flushed, decoded, push, uplink, advance };
}

describe('ReportPipeline', () => {
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
    push('b', 1, { model: 1, deadlineMs: 1090 });
    push('c', 1, { model: 0, deadlineMs: 1080 });
    worker.answer();
    worker.answer();
    expect(worker.decoding.map(({ model, count }) => [model, count])).toEqual([[1, 1]]);
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
