import { maxFrameBytes, subprotocol, WireError } from '@edge-csi/proto';
import { WebSocket } from 'ws';

/** A connected WebSocket that carries frames. */
export interface Socket {
  send(frame: Uint8Array): void;
  readonly bufferedBytes: number;
  /** Closes and waits for it; safe twice. */
  close(): Promise<void>;
}

/**
 * Opens a WebSocket to the BS server.
 *
 * @throws WireError `connection-lost` where the handshake fails.
 */
export async function openSocket(
  url: string,
  signal: AbortSignal | undefined,
  onFrame: (bytes: Uint8Array) => void,
): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = new WebSocket(url, subprotocol, { perMessageDeflate: false, maxPayload: maxFrameBytes.phy });
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const abort = () => socket.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (cause) => reject(new WireError('connection-lost', `${url}: ${cause.message}`, { cause })));
  });
  // A failure after the handshake ends in 'close', which is all a caller needs to know.
  socket.on('error', () => socket.terminate());
  socket.on('message', (data: Buffer) => onFrame(data));
  return {
    send: (frame) => socket.send(frame),
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    close: async () => {
      signal?.removeEventListener('abort', abort);
      socket.close(1000);
      await closed;
    },
  };
}
