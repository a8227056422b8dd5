import { parentPort, workerData } from 'node:worker_threads';
import { type BsServerOptions, type ServerStats, startBsServer } from '@edge-csi/bs-server';

/** Sent once the server listens and its decoder is warm. */
export interface BsWorkerReady {
  readonly kind: 'ready';
  readonly url: string;
  readonly provider: string;
}

/** Sent when the server has closed, on any message from the parent; says what became of every report. */
export interface BsWorkerClosed {
  readonly kind: 'closed';
  readonly stats: ServerStats;
}

if (parentPort !== null) {
  const port = parentPort;
  const server = await startBsServer(workerData as BsServerOptions);
  port.once('message', async () => {
    await server.close();
    port.postMessage({ kind: 'closed', stats: server.stats() } satisfies BsWorkerClosed);
  });
  port.postMessage({
    kind: 'ready',
    url: server.url.replace(/^http/, 'ws'),
    provider: server.executionProvider,
  } satisfies BsWorkerReady);
}
