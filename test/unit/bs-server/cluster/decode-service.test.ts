import { decodeFrame } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { ClusterTally } from '../../../../bs-server/src/cluster/broker.ts';
import { readWorkerMessage } from '../../../../bs-server/src/cluster/decode-answer.ts';
import { type DecodeRequest, writeDecodeRequest } from '../../../../bs-server/src/cluster/decode-request.ts';
import { DecodeService } from '../../../../bs-server/src/cluster/decode-service.ts';
import type { WorkerJob } from '../../../../bs-server/src/cluster/open-request.ts';
import { DecoderPool } from '../../../../bs-server/src/decode/decoder-pool.ts';
import { BatchQueues } from '../../../../bs-server/src/queue/batch-queues.ts';
import { type FakeThread, fakeThreads } from '../fake-thread.ts';
import { workerModel } from '../worker-model.ts';
import { FakeBroker } from './fake-broker.ts';
import { tinyJob, tinyShape } from './jobs.ts';

const model = 'tiny@0';
const group = 'csi.decode.tiny.0';
const sizes = { maxRecordBytes: 2, maxEntries: 2 };

async function createRig({ maxQueueSize = 8 } = {}) {
  let nowMs = 1000;
  let lagMs = 0;
  const broker = new FakeBroker();
  const tally = new ClusterTally();
  const { threads: workers, startThread } = fakeThreads();
  const counts = { accepted: 0, decoded: 0, superseded: 0, late: 0, shed: 0, invalid: 0 };
  const models = [workerModel(model, sizes)];
  const decoder = new DecoderPool<WorkerJob>(
    {
      maxBatchSize: 4,
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      decodeWorkers: 1,
      maxWorkerRestarts: 1,
      clock: () => nowMs,
    },
    models,
    {
      decoded: (slot, decodeMs, drift) => service.finish(slot, decodeMs, drift),
      lost: (jobs, reason) => service.lose(jobs, reason),
      changed: () => undefined,
    },
    startThread,
  );
  const started = decoder.start();
  const worker = workers[0] as FakeThread;
  worker.ready();
  await started;
  const service = new DecodeService({
    broker,
    worker: 'w',
    decoder,
    queues: new BatchQueues<WorkerJob>({ maxBatchSize: 4, maxQueueDelayMs: 0 }),
    models,
    maxQueueSize,
    lagMs: () => lagMs,
    tally,
    modelTally: {
      accept: () => counts.accepted++,
      settle: (_, outcome) => counts[outcome]++,
      batch: () => undefined,
    },
    clock: () => nowMs,
  });
  service.update();
  /** What was said to a gateway about its request. */
  const said = (reply: string) =>
    broker.published.filter(({ subject }) => subject === reply).map(({ data }) => readWorkerMessage(data));
  return {
    broker,
    tally,
    decoder,
    service,
    worker,
    workers,
    counts,
    said,
    /** The same in a word or two each. */
    words: (reply: string) =>
      said(reply).map((message) =>
        message.kind === 'answer'
          ? message.answer.statuses.join()
          : message.kind === 'refused'
            ? message.refusal
            : 'taken',
      ),
    request(reply: string, ueIds: readonly string[], subject = group, change: Partial<DecodeRequest> = {}) {
      const jobs = ueIds.map((ueId, i) => tinyJob(ueId, i + 1, nowMs));
      const request = { model, cell: 'c', shape: tinyShape, wantsEstimates: true, jobs, ...change };
      broker.deliver(subject, writeDecodeRequest(request, nowMs), { reply });
    },
    pass(ms: number) {
      nowMs += ms;
    },
    lag(ms: number) {
      lagMs = ms;
    },
  };
}

describe('DecodeService', () => {
  it('says that it has a request, decodes it, answers and publishes the estimates', async () => {
    const { request, worker, words, broker, counts, pass } = await createRig();
    request('g1.1', ['a', 'b.1']);
    expect(words('g1.1')).toEqual(['taken']);
    pass(10);
    worker.answer();
    expect(words('g1.1')).toEqual(['taken', 'decoded,decoded']);
    const estimates = broker.published.filter(({ subject }) => subject.startsWith('csi.estimate.'));
    expect(estimates.map(({ subject }) => subject)).toEqual(['csi.estimate.c.a', 'csi.estimate.c.b%2E1']);
    const { kind, value } = decodeFrame(estimates[1]?.data ?? new Uint8Array());
    expect(kind).toBe('estimate');
    // The UE's 1.5 ms and the 10 since.
    expect(value).toMatchObject({
      ueId: 'b.1',
      epoch: 7,
      seq: 2,
      slot: 102,
      modelId: 'tiny',
      quality: 'fresh',
      ageMs: 11.5,
      decodeMs: 3,
    });
    expect(counts).toEqual({ accepted: 2, decoded: 2, superseded: 0, late: 0, shed: 0, invalid: 0 });
  });

  it('leaves the estimates out of an answer whose gateway wants none, and publishes them all the same', async () => {
    const { request, worker, said, broker } = await createRig();
    request('g1.1', ['a'], group, { wantsEstimates: false });
    worker.answer();
    expect(said('g1.1')[1]).toMatchObject({ answer: { statuses: ['decoded'], estimates: new Float32Array(0) } });
    expect(broker.published.some(({ subject }) => subject === 'csi.estimate.c.a')).toBe(true);
  });

  it('batches the jobs of several gateways anew, and answers each as its own are done', async () => {
    const { request, worker, words } = await createRig();
    request('g1.1', ['a']);
    request('g1.2', ['b']);
    request('g2.1', ['a', 'c', 'd', 'e']);
    // The first went at once; of the five behind it, four are one batch.
    expect(worker.decoding.map(({ count }) => count)).toEqual([1, 4]);
    worker.answer();
    expect([words('g1.1').length, words('g1.2').length, words('g2.1').length]).toEqual([2, 1, 1]);
    worker.answer();
    expect([words('g1.2').length, words('g2.1').length]).toEqual([2, 1]);
    worker.answer();
    expect(words('g2.1')).toEqual(['taken', 'decoded,decoded,decoded,decoded']);
  });

  it('does not decode what is late by the time its turn comes, nor what has waited in front of the event loop', async () => {
    const { request, worker, words, pass, lag, counts } = await createRig();
    request('g1.1', ['a']);
    request('g1.2', ['b']);
    pass(100);
    worker.answer();
    expect(words('g1.2')).toEqual(['taken', 'late']);
    lag(100);
    request('g1.3', ['c']);
    expect(words('g1.3')).toEqual(['taken', 'late']);
    // As is what was decoded too late.
    expect([words('g1.1'), counts]).toMatchObject([['taken', 'late'], { accepted: 3, decoded: 0, late: 3 }]);
    lag(300);
    request('g1.4', ['d']);
    expect(words('g1.4')).toEqual(['not-serving']);
  });

  it('does not begin what could not be done in time, and does not give up on the rest for one long batch', async () => {
    const { request, worker, words } = await createRig();
    request('g1.1', ['a']);
    worker.answer('decoded', 500);
    // A batch seems to take longer than the 100 ms there are.
    request('g1.2', ['b']);
    expect(words('g1.2')).toEqual(['taken', 'late']);
    request('g1.3', ['c']);
    worker.answer();
    expect(words('g1.3')).toEqual(['taken', 'decoded']);
  });

  it('refuses what it has no room or no model for, and what it cannot read', async () => {
    const { request, words, broker, tally } = await createRig({ maxQueueSize: 2 });
    request('g.1', ['a']);
    request('g.2', ['b', 'c']);
    request('g.3', ['d']);
    request('g.4', ['e'], group, { model: 'other@1' });
    broker.deliver(group, Uint8Array.of(1, 2, 3), { reply: 'g.5' });
    expect([words('g.3'), words('g.4'), words('g.5')]).toEqual([['busy'], ['unknown-model'], ['invalid']]);
    expect([tally.requests.value, tally.invalid.value]).toEqual([2, 1]);
    expect(tally.refusals.value).toEqual({ busy: 1, 'unknown-model': 1, invalid: 1 });
  });

  it('refuses what is not of its model or would name no subject, and lives on', async () => {
    const { request, worker, words, tally, broker } = await createRig();
    request('g.1', ['a'], group, {
      shape: { numAntennas: 1, numDelays: 3 },
      jobs: [tinyJob('a', 1, 1000, { uplink: undefined })],
    });
    request('g.2', ['a'], group, { jobs: [tinyJob('a', 1, 1000, { record: new Uint8Array(3) })] });
    request('g.3', ['a'], group, { jobs: [tinyJob('a', 1, 1000, { quality: 'uplink-only', uplink: undefined })] });
    request('g.4', ['a b']);
    request('g.5', ['a'], group, { cell: 'c.>' });
    expect([1, 2, 3, 4, 5].map((i) => words(`g.${i}`))).toEqual(Array.from({ length: 5 }, () => ['invalid']));
    // Nobody can be told.
    request('', ['a']);
    expect([tally.invalid.value, tally.requests.value, worker.decoding]).toEqual([6, 0, []]);
    request('g.6', ['a']);
    worker.answer();
    expect(words('g.6')).toEqual(['taken', 'decoded']);
    expect(broker.published.at(-1)?.subject).toBe('g.6');
  });

  it('leaves the group and refuses what it has not begun while its decoder is stuck, and comes back', async () => {
    const { request, worker, words, decoder, service, broker, pass, counts } = await createRig();
    request('g.1', ['a']);
    request('g.2', ['b']);
    pass(5001);
    decoder.checkProgress(5000);
    service.update();
    expect([service.inGroup, broker.subjects]).toEqual([false, ['csi.worker.w']]);
    expect(words('g.2')).toEqual(['taken', 'not-serving']);
    request('g.3', ['c'], 'csi.worker.w');
    expect(words('g.3')).toEqual(['not-serving']);
    worker.answer();
    service.update();
    expect([service.inGroup, broker.subjects]).toEqual([true, ['csi.worker.w', group]]);
    expect(counts).toEqual({ accepted: 2, decoded: 0, superseded: 0, late: 1, shed: 1, invalid: 0 });
  });

  it('refuses the requests of a batch that fails, so that another worker may decode them', async () => {
    const { request, worker, words, counts } = await createRig();
    request('g.1', ['a', 'b']);
    worker.answer('failed');
    expect(words('g.1')).toEqual(['taken', 'failed']);
    expect(counts).toMatchObject({ accepted: 2, shed: 2 });
  });

  it('drains: takes what is still on its way, and is done once everything is answered', async () => {
    const { request, worker, words, service, broker } = await createRig();
    request('g.1', ['a']);
    let drained = false;
    const draining = service.drain(1000).then(() => {
      drained = true;
    });
    await Promise.resolve();
    expect(broker.subjects).toEqual(['csi.worker.w']);
    request('g.2', ['b'], 'csi.worker.w');
    worker.answer();
    await Promise.resolve();
    expect([drained, words('g.1')]).toEqual([false, ['taken', 'decoded']]);
    worker.answer();
    await draining;
    expect([words('g.2'), broker.subjects]).toEqual([['taken', 'decoded'], []]);
  });

  it('refuses what is left when draining takes too long', async () => {
    const { request, words, service } = await createRig();
    request('g.1', ['a']);
    await service.drain(1);
    expect(words('g.1')).toEqual(['taken', 'draining']);
  });

  it('lets a model go once the requests for it are answered', async () => {
    const { request, worker, service, broker } = await createRig();
    request('g.1', ['a']);
    let removed = false;
    const removing = service.remove(model).then(() => {
      removed = true;
    });
    await Promise.resolve();
    expect([broker.subjects, removed]).toEqual([['csi.worker.w'], false]);
    worker.answer();
    await removing;
    expect(service.models).toEqual([]);
  });
});
