import type { NatsOptions } from '../options.ts';
import { AnswerWriter, writeTaken } from './decode-answer.ts';
import { readDecodeRequest } from './decode-request.ts';
import { connectNats } from './nats-broker.ts';
import { peerName } from './peer-name.ts';
import { beatSubject, decodeQueue, decodeSubject } from './subjects.ts';
import { beatMs, writeBeat } from './worker-beat.ts';

/**
 * Starts a worker that gives every request the same answer, for measuring what is in front of it.
 *
 * @param decoders - decoders it claims to have
 */
export async function startRecordedWorker(
  nats: NatsOptions,
  model: string,
  decoders: number,
): Promise<() => Promise<void>> {
  const worker = peerName('worker');
  const broker = await connectNats(nats, worker, {
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
  const timer = setInterval(beat, beatMs);
  beat();
  await broker.flush();
  return async () => {
    clearInterval(timer);
    await broker.close();
  };
}
