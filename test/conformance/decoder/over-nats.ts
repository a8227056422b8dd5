import type * as brokerModule from '../../../bs-server/src/cluster/broker.ts';
import type { Broker, BrokerListener } from '../../../bs-server/src/cluster/broker.ts';
import type * as decodeService from '../../../bs-server/src/cluster/decode-service.ts';
import type * as natsBroker from '../../../bs-server/src/cluster/nats-broker.ts';
import type { WorkerJob } from '../../../bs-server/src/cluster/open-request.ts';
import type * as remoteDecoder from '../../../bs-server/src/cluster/remote-decoder.ts';
import type * as subjects from '../../../bs-server/src/cluster/subjects.ts';
import type * as workerBeat from '../../../bs-server/src/cluster/worker-beat.ts';
import type * as decoderPool from '../../../bs-server/src/decode/decoder-pool.ts';
import type * as batchQueues from '../../../bs-server/src/queue/batch-queues.ts';
import { until } from '../../e2e/bs-server-harness.ts';
import { builtModule } from '../../e2e/built-module.ts';
import { NatsServer, natsProblem } from '../../e2e/cluster/nats-server.ts';
import { type Contender, maxBatchSize, type StartModels } from './decoder-rig.ts';

const clock = () => performance.now();
const worker = 'worker-1';
const silent: BrokerListener = { connected: () => undefined, disconnected: () => undefined, trouble: () => undefined };

/** A gateway's end and a worker, each with its own connection to a nats-server. */
export const overNats: Contender = {
  name: 'over NATS',
  problem: natsProblem(),
  async open(models, listener) {
    const server = await NatsServer.start();
    const { connectNats } = await builtModule<typeof natsBroker>('./cluster/nats-broker.js');
    const { RemoteDecoder } = await builtModule<typeof remoteDecoder>('./cluster/remote-decoder.js');
    const { ClusterTally } = await builtModule<typeof brokerModule>('./cluster/broker.js');
    const connect = (to: BrokerListener) => connectNats({ servers: [server.url] }, 'test', to);
    const end = await startWorkerEnd(models, await connect(silent));
    const decoder = new RemoteDecoder(
      {
        connect,
        gateway: 'gateway-1',
        cell: 'cell',
        wantsEstimates: () => true,
        tally: new ClusterTally(),
        models: models.workerModels,
        maxBatchSize,
        clock,
      },
      listener,
    );
    await decoder.start();
    await until('the worker', () => decoder.serving);
    return {
      decoder,
      async load(model) {
        await end.load(model);
        await until('its word of the model', () => decoder.serves(model.key));
        await decoder.load(model);
      },
      async [Symbol.asyncDispose]() {
        await decoder.close(5_000);
        await end.close();
        await server[Symbol.asyncDispose]();
      },
    };
  },
};

async function startWorkerEnd({ workerModels }: StartModels, broker: Broker) {
  const { DecoderPool } = await builtModule<typeof decoderPool>('./decode/decoder-pool.js');
  const { BatchQueues } = await builtModule<typeof batchQueues>('./queue/batch-queues.js');
  const { DecodeService } = await builtModule<typeof decodeService>('./cluster/decode-service.js');
  const { ClusterTally } = await builtModule<typeof brokerModule>('./cluster/broker.js');
  const { beatSubject } = await builtModule<typeof subjects>('./cluster/subjects.js');
  const { beatMs, writeBeat } = await builtModule<typeof workerBeat>('./cluster/worker-beat.js');
  const pool = new DecoderPool<WorkerJob>(
    {
      maxBatchSize,
      executionProviders: ['cpu'],
      intraOpNumThreads: 1,
      decodeWorkers: 1,
      maxWorkerRestarts: 3,
      clock,
    },
    workerModels,
    {
      decoded: (slot, decodeMs, drift) => service.finish(slot, decodeMs, drift),
      lost: (jobs, reason) => service.lose(jobs, reason),
      changed: () => undefined,
    },
  );
  await pool.start();
  const service = new DecodeService({
    broker,
    worker,
    decoder: pool,
    queues: new BatchQueues<WorkerJob>({ maxBatchSize, maxQueueDelayMs: 0 }),
    models: workerModels,
    maxQueueSize: 1024,
    lagMs: () => 0,
    tally: new ClusterTally(),
    modelTally: { accept: () => undefined, settle: () => undefined, batch: () => undefined },
    clock,
  });
  service.update();
  const beat = () =>
    broker.publish(
      beatSubject(worker),
      writeBeat({ worker, state: 'serving', models: service.models, decoders: 1, load: service.load }),
    );
  const timer = setInterval(beat, beatMs);
  return {
    async load(model: Parameters<typeof pool.load>[0]) {
      await pool.load(model);
      service.add(model);
    },
    async close() {
      clearInterval(timer);
      await service.drain(5_000);
      await pool.close(5_000);
      await broker.close();
    },
  };
}
