import { vi } from 'vitest';
import { DecoderPool } from '../../../bs-server/src/decode/decoder-pool.ts';
import { ReportPipeline } from '../../../bs-server/src/join/report-pipeline.ts';
import type { AcceptedReport } from '../../../bs-server/src/join/uplink-join.ts';
import { type FakeThread, fakeThreads } from './fake-thread.ts';
import { workerModel } from './worker-model.ts';

const shape = { numAntennas: 1, numDelays: 1 };
/** Slots. */
export const period = 20;
const uplinkOnlyModel = { id: 'tiny-u2d', csi: shape };

export interface RigOptions {
  readonly maxBatchSize?: number;
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
  const { maxBatchSize = 2 } = options;
  let lost = 0;
  const unreplaced: string[] = [];
  let dropped = 0;
  const poolOptions = {
    maxBatchSize,
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    decodeWorkers: options.numWorkers ?? 1,
    maxWorkerRestarts: options.maxRestarts ?? 1,
    clock,
  } as const;
  const pipeline = new ReportPipeline({
    options: {
      freshnessWindowSlots: options.freshnessWindowSlots ?? 0,
      maxUplinkAgeMs: 1000,
      uplinkWaitMs: options.uplinkWaitMs ?? 0,
      uplinksPerUe: 2,
      maxUes: 8,
      deadlineMs: 100,
      maxBatchSize,
      maxQueueDelayMs: options.maxQueueDelayMs ?? 0,
      clock,
    },
    uplinkOnly: options.uplinkOnly === false ? undefined : uplinkOnlyModel,
    createDecoder: (listener) => new DecoderPool(poolOptions, [workerModel('tiny@0')], listener, startThread),
    outlet: {
      decoded: ({ ueId, seq, slot, quality, modelId, queueMs }) =>
        decoded.push(
          quality === 'uplink-only'
            ? `${ueId} ${quality} ${slot} ${modelId} ${queueMs}`
            : `${ueId}${seq} ${quality} ${queueMs}`,
        ),
      settled: () => undefined,
      batchDone: () => undefined,
      lost: () => lost++,
      unreplaced: (ueId) => unreplaced.push(ueId),
      dropped: () => dropped++,
    },
    queueBound: () => options.queueBound ?? 8,
    onDecoderEvent: () => undefined,
  });
  const pool = pipeline.decoder;
  const { watch } = pipeline;
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
      model: 'tiny@0',
      modelId: 'tiny',
      shape,
      periodSlots: period,
      usesUplink: true,
      record: Uint8Array.of(seq),
      payloadBits: 16,
      receivedMs: nowMs,
      arrivalAgeMs: 0,
      deadlineMs: nowMs + 100,
      origin: {
        settle: (settled, outcome, reason) => log.push(`${ueId}${settled} ${outcome} ${reason}`),
        flush: () => flushed.push(`${ueId}${seq}`),
      },
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
