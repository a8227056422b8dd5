import type { BsServerOptions, ConfigChange } from '@edge-csi/bs-server';
import type { BsClosed, BsReady, BsRequest, BsSample } from './bs-child.ts';
import { startProcess, startThread } from './child.ts';

/** A BS server on a thread or in a process of its own. */
export interface HostedBs {
  /** Base for WebSockets, e.g. `ws://127.0.0.1:41234`. */
  readonly url: string;
  /** What decodes. */
  readonly provider: string;
  sample(): Promise<BsSample>;
  /** Tells a UE other terms, where it is there. */
  reconfigure(ueId: string, change: ConfigChange): void;
  /**
   * Closes the server, then what it runs on: a thread that is ended while a network runs takes the process with it.
   *
   * @returns how it was then; the same promise when called again
   */
  close(): Promise<BsClosed>;
  /** Ends it as it is. */
  kill(): Promise<void>;
}

/**
 * Starts a BS server and waits until its decoder is warm.
 *
 * @param place - a thread; or a process, whose memory is nobody else's, and which drains before it closes
 * @throws Error where it fails before that.
 */
export async function hostBs(place: 'thread' | 'process', options: BsServerOptions): Promise<HostedBs> {
  const file = new URL('./bs-child.js', import.meta.url);
  const child = place === 'thread' ? startThread(file) : startProcess(file);
  const ask = (request: BsRequest) => child.post(request);
  const ready = child.next<BsReady>('ready');
  ask({ kind: 'start', options });
  const { url, provider } = await ready;
  let closing: Promise<BsClosed> | undefined;
  const close = async () => {
    const closed = child.next<BsClosed>('closed');
    ask({ kind: 'close', drains: place === 'process' });
    const last = await closed;
    await child.stop();
    return last;
  };
  return {
    url,
    provider,
    sample: () => {
      const sample = child.next<BsSample>('sample');
      ask({ kind: 'sample' });
      return sample;
    },
    reconfigure: (ueId, change) => ask({ kind: 'reconfigure', ueId, change }),
    close: () => {
      closing ??= close();
      return closing;
    },
    kill: child.stop,
  };
}
