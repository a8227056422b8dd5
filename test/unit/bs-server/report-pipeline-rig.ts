import { vi } from 'vitest';
import { DecoderPool } from '../../../bs-server/src/decode/decoder-pool.ts';
import type { AcceptedReport } from '../../../bs-server/src/ingest/accepted-report.ts';
import { ReportWatch } from '../../../bs-server/src/join/report-watch.ts';
import { UplinkJoin } from '../../../bs-server/src/join/uplink-join.ts';
import { BatchQueues } from '../../../bs-server/src/queue/batch-queues.ts';
import type { DecodeJob, ReportJob } from '../../../bs-server/src/queue/decode-job.ts';
import { ReportPipeline } from '../../../bs-server/src/queue/report-pipeline.ts';
import { UplinkOnlyStage } from '../../../bs-server/src/queue/uplink-only-stage.ts';
import { type FakeThread, fakeThreads } from './fake-thread.ts';
import { workerModel } from './worker-model.ts';

const shape = { numAntennas: 1, numDelays: 1 };
/** Slots. */
export const period = 20;
const uplinkOnlyModel = { modelId: 'tiny-u2d', shape };

export interface RigOptions {
  readonly maxQueueDelayMs?: number;
  readonly uplinkWaitMs?: number;
  readonly freshnessWindowSlots?: number;
  readonly maxRestarts?: number;
  readonly numWorkers?: number;
  readonly uplinkOnly?: boolean;
  readonly queueBound?: number;
}

/** A pipeline with fake workers that are ready, two models, and time in the test's hands. */
export async function createRig(options: RigOptions = {}) {
  let nowMs = 1000;
  const clock = () => nowMs;
  const { threads: workers, startThread } = fakeThreads();
  const log: string[] = [];
  const flushed: string[] = [];
  const decoded: string[] = [];
  const pool = new DecoderPool<DecodeJob>(
    {
      maxBatchSize: 2,
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      decodeWorkers: options.numWorkers ?? 1,
      maxWorkerRestarts: options.maxRestarts ?? 1,
      clock,
    },
    [workerModel('tiny@0')],
    {
      decoded: (slot, decodeMs, codewordDrift) => pipeline.finish(slot, decodeMs, codewordDrift),
      lost: (jobs, reason) => pipeline.lose(jobs, reason),
      changed: () => pipeline.resume(),
    },
    startThread,
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
    serving: () => pool.serving,
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
    decoder: pool,
    clock,
    queueBound: () => options.queueBound ?? 8,
    listener: {
      decoded: ({ job, queueMs }) => decoded.push(`${job.report.ueId}${job.report.seq} ${job.quality} ${queueMs}`),
      settled: ({ ueId, seq }, outcome, reason) => log.push(`${ueId}${seq} ${outcome} ${reason}`),
      batchDone: () => undefined,
    },
  });
  const started = pool.start();
  (workers[0] as FakeThread).ready();
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
  const worker = workers[0] as FakeThread;
  return { pipeline, workers, worker, pool, watch, log, flushed, decoded, unreplaced, counts, push, uplink, advance };
}
