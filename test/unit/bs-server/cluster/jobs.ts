import type { DecodeJob } from '../../../../bs-server/src/queue/decode-job.ts';

export const tinyShape = { numAntennas: 1, numDelays: 2 };

/** A joined report of a tiny model. */
export function tinyJob(ueId: string, seq: number, nowMs: number, change: Partial<DecodeJob> = {}): DecodeJob {
  return {
    ueId,
    epoch: 7,
    seq,
    slot: 100 + seq,
    model: 'tiny@0',
    modelId: 'tiny',
    shape: tinyShape,
    record: Uint8Array.of(seq, 0xff),
    payloadBits: 32,
    receivedMs: nowMs,
    arrivalAgeMs: 1.5,
    queuedMs: nowMs,
    deadlineMs: nowMs + 100,
    uplink: { slot: 100 + seq, ...tinyShape, values: Float32Array.of(1.5, -2, seq, 0.25), arrivedMs: nowMs },
    quality: 'fresh',
    origin: { settle: () => undefined, flush: () => undefined },
    ...change,
  };
}
