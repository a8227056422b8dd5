import { parentPort, workerData } from 'node:worker_threads';
import { type BsServerOptions, type ServerStats, startBsServer } from '@edge-csi/bs-server';
import { startWorker, threadCpuMs } from './worker-thread.ts';

/** What the thread is started with. */
interface Started {
  readonly isBs: true;
  readonly options: BsServerOptions;
}

/** Sent once the server listens and its decoder is warm. */
interface Ready {
  readonly kind: 'ready';
  readonly url: string;
  readonly provider: string;
}

/** From the parent. */
type Request = 'usage' | 'close';

/** What has gone through the server so far. */
export interface BsUsage {
  readonly kind: 'usage';
  readonly stats: ServerStats;
  /** Processor time of the server's own thread, decoding not included; undefined where the platform does not say. */
  readonly threadCpuMs: number | undefined;
}

/** Sent when the server has closed; says what became of every report. */
interface Closed {
  readonly kind: 'closed';
  readonly stats: ServerStats;
}

/** A BS server on a thread of its own. */
export interface BsThread {
  /** Base for WebSockets, e.g. `ws://127.0.0.1:41234`. */
  readonly url: string;
  readonly provider: string;
  /** What has gone through the server so far. */
  usage(): Promise<BsUsage>;
  /**
   * Closes the server, then its thread: a thread that is ended while a network runs takes the process with it.
   *
   * @returns what became of every report; the same promise when called again
   */
  close(): Promise<ServerStats>;
}

/** Starts a BS server on a thread and waits until its decoder is warm. */
export async function startBsThread(options: BsServerOptions): Promise<BsThread> {
  const worker = startWorker(new URL('./bs-thread.js', import.meta.url), { isBs: true, options } satisfies Started);
  const { url, provider } = await worker.next<Ready>('ready');
  const ask = (request: Request) => worker.post(request);
  let closing: Promise<ServerStats> | undefined;
  const close = async () => {
    const closed = worker.next<Closed>('closed');
    ask('close');
    const { stats } = await closed;
    await worker.stop();
    return stats;
  };
  return {
    url,
    provider,
    usage: () => {
      const usage = worker.next<BsUsage>('usage');
      ask('usage');
      return usage;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

// This thread is one that `startBsThread` has started.
if (parentPort !== null && (workerData as Partial<Started> | null)?.isBs) {
  const port = parentPort;
  const server = await startBsServer((workerData as Started).options);
  port.on('message', async (request: Request) => {
    if (request === 'usage') {
      port.postMessage({
        kind: 'usage',
        stats: server.stats(),
        threadCpuMs: threadCpuMs(),
      } satisfies BsUsage);
      return;
    }
    await server.close();
    port.postMessage({ kind: 'closed', stats: server.stats() } satisfies Closed);
  });
  port.postMessage({
    kind: 'ready',
    url: server.url.replace(/^http/, 'ws'),
    provider: server.executionProvider ?? 'none',
  } satisfies Ready);
}
