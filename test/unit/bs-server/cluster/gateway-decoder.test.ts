import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClusterTally } from '../../../../bs-server/src/cluster/cluster-tally.ts';
import { GatewayDecoder } from '../../../../bs-server/src/cluster/gateway-decoder.ts';
import { beatSubject } from '../../../../bs-server/src/cluster/subjects.ts';
import { writeBeat } from '../../../../bs-server/src/cluster/worker-beat.ts';
import { type DecodeJob, fillRoom } from '../../../../bs-server/src/decode-job.ts';
import { DecoderPool } from '../../../../bs-server/src/decoding/decoder-pool.ts';
import { type FakeWorker, fakeWorkers } from '../fake-worker.ts';
import { workerModel } from '../worker-model.ts';
import { FakeBroker } from './fake-broker.ts';
import { tinyJob } from './jobs.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const model = 'tiny@0';
const sizes = { maxCodewordBytes: 2, maxPhaseBytes: 1, maxEntries: 2 };

async function createRig() {
  const broker = new FakeBroker();
  const tally = new ClusterTally();
  const { workers, startWorker } = fakeWorkers();
  const decoded: string[] = [];
  const lost: string[] = [];
  const clock = () => 1000;
  const setup = {
    models: [workerModel(model, sizes)],
    maxBatchSize: 4,
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
  } as const;
  const decoder = new GatewayDecoder(
    {
      remote: {
        connect: broker.connect,
        gateway: 'g',
        cell: 'c',
        wantsEstimates: () => true,
        tally,
        models: setup.models,
        maxBatchSize: 4,
        clock,
      },
      local: (listener) =>
        new DecoderPool<DecodeJob>({ startWorker, setup, numWorkers: 1, maxRestarts: 1, clock }, listener),
      tally,
      clock,
    },
    {
      decoded: (room) => {
        decoded.push(`${room.jobs.length} ${room.published ? 'elsewhere' : 'here'}`);
        room.release();
      },
      lost: (_, reason) => lost.push(reason),
      changed: () => undefined,
    },
  );
  const started = decoder.start();
  const worker = workers[0] as FakeWorker;
  worker.ready();
  await started;
  return {
    broker,
    tally,
    decoder,
    worker,
    decoded,
    lost,
    beat: () =>
      broker.deliver(
        beatSubject('w'),
        writeBeat({ worker: 'w', state: 'serving', models: [model], decoders: 1, load: 0 }),
      ),
    /** The broker knows nobody for a request, neither in the group nor by name. */
    nobody(request: number) {
      for (let i = 0; i < 2; i++) {
        broker.deliver(`csi.answer.g.${request}`, new Uint8Array(), { noResponders: true });
      }
    },
    dispatch(deadlineMs = 1100) {
      const room = decoder.claim(false, model);
      const jobs = [tinyJob('a', 1, 1000, { deadlineMs })];
      if (room !== undefined) fillRoom(room, jobs);
      room?.dispatch(model, jobs);
    },
  };
}

describe('GatewayDecoder', () => {
  it('decodes here while it hears of no worker, and elsewhere once it does', async () => {
    const { dispatch, beat, worker, broker, decoded, tally, decoder } = await createRig();
    expect(decoder.serving).toBe(true);
    dispatch();
    expect([worker.decoding.length, broker.published.length]).toEqual([1, 0]);
    worker.answer();
    expect([decoded, tally.localBatches]).toEqual([['1 here'], 1]);
    beat();
    dispatch();
    expect([worker.decoding.length, broker.published.length]).toEqual([0, 1]);
  });

  it('decodes here what workers have let down, while it is not too late', async () => {
    const { dispatch, beat, worker, nobody, lost, decoder } = await createRig();
    beat();
    dispatch();
    nobody(1);
    expect([worker.decoding.length, lost, decoder.inFlight]).toEqual([1, [], 1]);
    worker.answer();
    dispatch(1000);
    nobody(2);
    expect([worker.decoding.length, lost]).toEqual([0, ['no-responders']]);
  });

  it('goes on here when the broker is lost', async () => {
    const { dispatch, beat, worker, broker, lost, decoder } = await createRig();
    beat();
    dispatch();
    broker.lose();
    expect([worker.decoding.length, lost, decoder.serving]).toEqual([1, [], true]);
    worker.answer();
    dispatch();
    expect(worker.decoding).toHaveLength(1);
  });

  it('gives a batch up where it has no room for it either', async () => {
    const { dispatch, beat, worker, nobody, lost } = await createRig();
    for (let i = 0; i < 2; i++) {
      beat();
      dispatch();
      nobody(i + 1);
    }
    expect(worker.decoding).toHaveLength(2);
    dispatch();
    nobody(3);
    expect(lost).toEqual(['no-responders']);
  });
});
