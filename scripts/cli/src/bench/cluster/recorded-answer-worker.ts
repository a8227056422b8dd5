import { parentPort, workerData } from 'node:worker_threads';
import {
  AnswerWriter,
  beatMs,
  beatSubject,
  connectNats,
  decodeQueue,
  decodeSubject,
  peerName,
  readDecodeRequest,
  writeBeat,
  writeTaken,
} from '@edge-csi/bs-server/cluster';

/** What the thread is started with. */
export interface RecordedAnswerData {
  readonly servers: readonly string[];
  readonly model: string;
  readonly decoders: number;
}

export interface RecordedAnswerReady {
  readonly kind: 'ready';
}

if (parentPort !== null) {
  const { servers, model, decoders } = workerData as RecordedAnswerData;
  await startRecordedWorker(servers, model, decoders);
  parentPort.postMessage({ kind: 'ready' } satisfies RecordedAnswerReady);
}

/**
 * Starts a worker that gives every request the same answer, for measuring what is in front of it.
 *
 * @param decoders - decoders it claims to have
 */
async function startRecordedWorker(servers: readonly string[], model: string, decoders: number): Promise<void> {
  const worker = peerName('worker');
  const broker = await connectNats({ servers }, worker, {
    connected: () => undefined,
    disconnected: () => undefined,
    trouble: () => undefined,
  });
  const answers = new Map<string, Uint8Array>();
  const answerOf = (count: number, numEntries: number) => {
    const key = `${count} ${numEntries}`;
    const known = answers.get(key);
    if (known !== undefined) return known;
    const writer = new AnswerWriter(count, numEntries);
    const estimate = new Float32Array(2 * numEntries).fill(1 / 64);
    for (let i = 0; i < count; i++) writer.settle(i, 'decoded', estimate);
    writer.batchDone(0, undefined);
    answers.set(key, writer.bytes);
    return writer.bytes;
  };
  broker.subscribe(
    decodeSubject(model),
    ({ data, reply }) => {
      const { jobs, shape, wantsEstimates } = readDecodeRequest(data);
      broker.publish(reply, writeTaken(worker));
      broker.publish(reply, answerOf(jobs.length, wantsEstimates ? shape.numAntennas * shape.numDelays : 0));
    },
    decodeQueue,
  );
  const beat = () =>
    broker.publish(beatSubject(worker), writeBeat({ worker, state: 'serving', models: [model], decoders, load: 0 }));
  setInterval(beat, beatMs);
  beat();
  await broker.flush();
}
