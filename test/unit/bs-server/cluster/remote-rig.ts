import { vi } from 'vitest';
import { ClusterTally } from '../../../../bs-server/src/cluster/broker.ts';
import { AnswerWriter } from '../../../../bs-server/src/cluster/decode-answer.ts';
import { RemoteDecoder } from '../../../../bs-server/src/cluster/remote-decoder.ts';
import { beatSubject } from '../../../../bs-server/src/cluster/subjects.ts';
import { type WorkerBeat, writeBeat } from '../../../../bs-server/src/cluster/worker-beat.ts';
import type { DecodeJob } from '../../../../bs-server/src/queue/decode-job.ts';
import { FakeBroker } from './fake-broker.ts';
import { tinyJob } from './jobs.ts';

const model = 'tiny@0';

/** A gateway's end with a broker and time in the test's hands. To be used under fake timers. */
export async function createRemoteRig({ deadlineMs = 100, wantsEstimates = true } = {}) {
  let nowMs = 1000;
  const broker = new FakeBroker();
  const tally = new ClusterTally();
  const decoded: string[] = [];
  const lost: string[] = [];
  const events: string[] = [];
  const name = ({ ueId }: DecodeJob) => ueId;
  const decoder = new RemoteDecoder(
    {
      connect: broker.connect,
      gateway: 'g',
      cell: 'c',
      wantsEstimates: () => wantsEstimates,
      tally,
      models: [],
      maxBatchSize: 4,
      clock: () => nowMs,
    },
    {
      decoded: (room, decodeMs) => {
        decoded.push(
          ...room.jobs.map((job, i) => `${name(job)} ${room.status(i)} ${room.estimate(i, 2)[0]} ${decodeMs}`),
        );
        room.release();
      },
      lost: (jobs, reason) => lost.push(...jobs.map((job) => `${name(job)} ${reason}`)),
      changed: ({ kind }) => events.push(kind),
    },
  );
  await decoder.start();
  // Whoever was on his way back has come.
  nowMs += 350;
  const sent = () => broker.published.map(({ subject }) => subject);
  return {
    broker,
    decoder,
    tally,
    decoded,
    lost,
    events,
    sent,
    beat: (worker: string, change: Partial<WorkerBeat> = {}) =>
      broker.deliver(
        beatSubject(worker),
        writeBeat({ worker, state: 'serving', models: [model], decoders: 1, load: 0, ...change }),
      ),
    /** Dispatches one job of each UE. @returns whether there was room */
    dispatch(...ueIds: string[]): boolean {
      const room = decoder.claim(false, model);
      if (room === undefined) return false;
      const jobs = ueIds.map((ueId, i) => tinyJob(ueId, i + 1, nowMs, { deadlineMs: nowMs + deadlineMs }));
      room.dispatch(model, jobs);
      return true;
    },
    /** Delivers a message about the request that was sent `at`, counted from 0. */
    reply(at: number, data: Uint8Array, noResponders = false) {
      broker.deliver(broker.published[at]?.reply ?? '', data, { noResponders });
    },
    answer(count: number): Uint8Array {
      const writer = new AnswerWriter(count, 2);
      for (let i = 0; i < count; i++) writer.settle(i, 'decoded', Float32Array.of(i + 1, 0, 0, 0));
      writer.batchDone(3, undefined);
      return writer.bytes;
    },
    advance(ms: number) {
      // In steps, so that timers that arm others find the time they were armed for.
      for (let i = 0; i < ms; i++) {
        nowMs++;
        vi.advanceTimersByTime(1);
      }
    },
  };
}
