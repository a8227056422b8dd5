import { parentPort, workerData } from 'node:worker_threads';
import { type BsServerOptions, type ServerStats, startBsServer } from '@edge-csi/bs-server';
import { threadCpuMs } from './thread-cpu.ts';

/** Sent once the server listens and its decoder is warm. */
export interface BsWorkerReady {
  readonly kind: 'ready';
  readonly url: string;
  readonly provider: string;
}

/** From the parent. */
export type BsWorkerRequest = 'usage' | 'close';

/** What has gone through the server so far. */
export interface BsWorkerUsage {
  readonly kind: 'usage';
  readonly stats: ServerStats;
  /** Processor time of the server's own thread, decoding not included; undefined where the platform does not say. */
  readonly threadCpuMs: number | undefined;
}

/** Sent when the server has closed; says what became of every report. */
export interface BsWorkerClosed {
  readonly kind: 'closed';
  readonly stats: ServerStats;
}

if (parentPort !== null) {
  const port = parentPort;
  const server = await startBsServer(workerData as BsServerOptions);
  port.on('message', async (request: BsWorkerRequest) => {
    if (request === 'usage') {
      port.postMessage({
        kind: 'usage',
        stats: server.stats(),
        threadCpuMs: threadCpuMs(),
      } satisfies BsWorkerUsage);
      return;
    }
    await server.close();
    port.postMessage({ kind: 'closed', stats: server.stats() } satisfies BsWorkerClosed);
  });
  port.postMessage({
    kind: 'ready',
    url: server.url.replace(/^http/, 'ws'),
    provider: server.executionProvider ?? 'none',
  } satisfies BsWorkerReady);
}
