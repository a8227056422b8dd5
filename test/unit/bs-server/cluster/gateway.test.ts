import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClusterTally } from '../../../../bs-server/src/cluster/broker.ts';
import { GatewayDecoder } from '../../../../bs-server/src/cluster/gateway.ts';
import { beatSubject } from '../../../../bs-server/src/cluster/subjects.ts';
import { writeBeat } from '../../../../bs-server/src/cluster/worker-beat.ts';
import { DecoderPool } from '../../../../bs-server/src/decode/decoder-pool.ts';
import { type FakeThread, fakeThreads } from '../fake-thread.ts';
import { workerModel } from '../worker-model.ts';
import { FakeBroker } from './fake-broker.ts';
import { tinyJob } from './jobs.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const model = 'tiny@0';
const sizes = { maxRecordBytes: 2, maxEntries: 2 };

async function createRig() {
  const broker = new FakeBroker();
  const tally = new ClusterTally();
  const { threads: workers, startThread } = fakeThreads();
  const decoded: string[] = [];
  const lost: string[] = [];
  const clock = () => 1000;
  const models = [workerModel(model, sizes)];
  const options = {
    maxBatchSize: 4,
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    decodeWorkers: 1,
    maxWorkerRestarts: 1,
    clock,
  } as const;
  const decoder = new GatewayDecoder(
    {
      remote: {
        connect: broker.connect,
        gateway: 'g',
        cell: 'c',
        wantsEstimates: () => true,
        tally,
        models,
        maxBatchSize: 4,
        clock,
      },
      local: (listener) => new DecoderPool(options, models, listener, startThread),
      tally,
      clock,
    },
    {
      decoded: (room) => {
        decoded.push(`${room.jobs.length} ${room.published ? 'elsewhere' : 'here'}`);
        room.release();
      },
      lost: (jobs, reason) => lost.push(...jobs.map(() => reason)),
      changed: () => undefined,
    },
  );
  const started = decoder.start();
  const worker = workers[0] as FakeThread;
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
    dispatch(...deadlinesMs: number[]) {
      const room = decoder.claim(false, model);
      const jobs = deadlinesMs.map((deadlineMs, i) => tinyJob(`ue-${i}`, i + 1, 1000, { deadlineMs }));
      room?.dispatch(model, jobs);
    },
  };
}

describe('GatewayDecoder', () => {
  it('decodes here while it hears of no worker, and elsewhere once it does', async () => {
    const { dispatch, beat, worker, broker, decoded, tally, decoder } = await createRig();
    expect(decoder.serving).toBe(true);
    dispatch(1100);
    expect([worker.decoding.length, broker.published.length]).toEqual([1, 0]);
    worker.answer();
    expect([decoded, tally.localBatches.value]).toEqual([['1 here'], 1]);
    beat();
    dispatch(1100);
    expect([worker.decoding.length, broker.published.length]).toEqual([0, 1]);
  });

  it('decodes here what workers have let down, while it is not too late', async () => {
    const { dispatch, beat, worker, nobody, lost, decoder } = await createRig();
    beat();
    dispatch(1100);
    nobody(1);
    expect([worker.decoding.length, lost, decoder.inFlight]).toEqual([1, [], 1]);
    worker.answer();
    dispatch(1000);
    nobody(2);
    expect([worker.decoding.length, lost]).toEqual([0, ['no-responders']]);
  });

  it('decodes here what of a batch is in time, and gives up the rest', async () => {
    const { dispatch, beat, worker, nobody, lost, decoded } = await createRig();
    beat();
    dispatch(1000, 1100, 1100);
    nobody(1);
    expect(worker.decoding.map(({ count }) => count)).toEqual([2]);
    expect(lost).toEqual(['no-responders']);
    worker.answer();
    expect(decoded).toEqual(['2 here']);
  });

  it('goes on here when the broker is lost', async () => {
    const { dispatch, beat, worker, broker, lost, decoder } = await createRig();
    beat();
    dispatch(1100);
    broker.lose();
    expect([worker.decoding.length, lost, decoder.serving]).toEqual([1, [], true]);
    worker.answer();
    dispatch(1100);
    expect(worker.decoding).toHaveLength(1);
  });

  it('gives a batch up where it has no room for it either', async () => {
    const { dispatch, beat, worker, nobody, lost } = await createRig();
    for (let i = 0; i < 2; i++) {
      beat();
      dispatch(1100);
      nobody(i + 1);
    }
    expect(worker.decoding).toHaveLength(2);
    dispatch(1100);
    nobody(3);
    expect(lost).toEqual(['no-responders']);
  });
});
