import type { BsServerOptions, ServerStats } from '@edge-csi/bs-server';
import type { BsWorkerClosed, BsWorkerReady, BsWorkerRequest, BsWorkerUsage } from './bs-worker.ts';
import { startWorker } from './worker-thread.ts';

/** A BS server on a thread of its own. */
export interface BsThread {
  /** Base for WebSockets, e.g. `ws://127.0.0.1:41234`. */
  readonly url: string;
  readonly provider: string;
  /** What has gone through the server so far. */
  usage(): Promise<BsWorkerUsage>;
  /**
   * Closes the server, then its thread: a thread that is ended while a network runs takes the process with it.
   *
   * @returns what became of every report; the same promise when called again
   */
  close(): Promise<ServerStats>;
}

/** Starts a BS server on a thread and waits until its decoder is warm. */
export async function startBsThread(options: BsServerOptions): Promise<BsThread> {
  const worker = startWorker(new URL('./bs-worker.js', import.meta.url), options);
  const { url, provider } = await worker.next<BsWorkerReady>('ready');
  const ask = (request: BsWorkerRequest) => worker.post(request);
  let closing: Promise<ServerStats> | undefined;
  const close = async () => {
    const closed = worker.next<BsWorkerClosed>('closed');
    ask('close');
    const { stats } = await closed;
    await worker.stop();
    return stats;
  };
  return {
    url,
    provider,
    usage: () => {
      const usage = worker.next<BsWorkerUsage>('usage');
      ask('usage');
      return usage;
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
