import { setTimeout as sleep } from 'node:timers/promises';
import { type EstimateSubscription, subscribeEstimates } from '@edge-csi/bs-server';
import { paths, subprotocol } from '@edge-csi/proto';
import { WebSocket } from 'ws';

/** A subscriber that keeps up, and one that reads for a moment and then not for long. */
export interface Subscribers {
  /** Estimates that reached the one that keeps up. */
  readonly received: number;
  close(): Promise<void>;
}

const readingMs = 2_000;
/** Long enough to fill what is buffered for it, shorter than any idle timeout. */
const deafMs = 20_000;

export async function startSubscribers(url: string): Promise<Subscribers> {
  let received = 0;
  const fast: EstimateSubscription = await subscribeEstimates({ url, onEstimate: () => received++ });
  const stopped = new AbortController();
  const slow = readNowAndThen(url, stopped.signal);
  return {
    get received() {
      return received;
    },
    close: async () => {
      stopped.abort();
      await slow;
      await fast.close();
    },
  };
}

async function readNowAndThen(url: string, signal: AbortSignal): Promise<void> {
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => undefined);
  while (!signal.aborted) {
    const socket = new WebSocket(`${url}${paths.estimates}`, subprotocol, { perMessageDeflate: false });
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => socket.terminate());
    while (!signal.aborted && socket.readyState <= WebSocket.OPEN) {
      await pause(readingMs);
      if (socket.readyState === WebSocket.OPEN) socket.pause();
      await pause(deafMs);
      socket.resume();
    }
    socket.terminate();
    await closed;
  }
}
