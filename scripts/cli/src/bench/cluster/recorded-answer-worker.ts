import { parentPort, workerData } from 'node:worker_threads';
import { startRecordedWorker } from '@edge-csi/bs-server/cluster';

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
  await startRecordedWorker({ servers }, model, decoders);
  parentPort.postMessage({ kind: 'ready' } satisfies RecordedAnswerReady);
}
