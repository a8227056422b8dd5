import {
  decodeFrame,
  type Frame,
  maxFrameBytes,
  subprotocol,
  WireError,
  wireErrorOf,
  wireErrorOfClose,
} from '@edge-csi/proto';
import { WebSocket } from 'ws';

/** A connected WebSocket that carries frames. */
export interface Socket {
  /** @throws WireError `closed` after `close`; the reason of `closed` where the connection has ended otherwise. */
  send(frame: Uint8Array): void;
  readonly bufferedBytes: number;
  /** Resolves when the connection has ended: with nothing after `close`, else with the reason. Never rejects. */
  readonly closed: Promise<WireError | undefined>;
  /** Safe twice. */
  close(): Promise<void>;
}

/** What `openSocket` connects to. */
export interface SocketOptions {
  readonly url: string;
  /** Shared secret, where the server asks for one. */
  readonly token: string | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onFrame: (frame: Frame) => void;
}

/**
 * Opens a WebSocket to the BS server.
 *
 * @throws WireError `connection-lost` where the server cannot be reached. A refusal comes after, in `closed`.
 */
export async function openSocket({ url, token, signal, onFrame }: SocketOptions): Promise<Socket> {
  signal?.throwIfAborted();
  const socket = new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    maxPayload: maxFrameBytes.estimates,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const abort = () => socket.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (cause) => reject(new WireError('connection-lost', `${url}: ${cause.message}`, { cause })));
  }).finally(() => signal?.removeEventListener('abort', abort));

  let closing = false;
  let reason: WireError | undefined;
  let ended: WireError | undefined;
  const closed = new Promise<WireError | undefined>((resolve) => {
    socket.once('close', (code, text) => {
      if (!closing) ended = reason ?? wireErrorOfClose(code, text.toString());
      resolve(closing ? undefined : ended);
    });
  });
  // A failure after the handshake ends in 'close', which tells of it.
  socket.on('error', (cause) => {
    reason ??= new WireError('connection-lost', `${url}: ${cause.message}`, { cause });
  });
  socket.on('message', (data: Buffer) => {
    try {
      const frame = decodeFrame(data);
      const refusal = frame.kind === 'reject' ? wireErrorOf(frame.value) : undefined;
      // One refused uplink matrix is no reason for the connection to end.
      if (refusal?.closeCode !== undefined) reason = refusal;
      onFrame(frame);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      reason = error;
      socket.close(error.closeCode);
    }
  });
  return {
    send: (frame) => {
      if (ended !== undefined) throw ended;
      socket.send(frame);
    },
    get bufferedBytes() {
      return socket.bufferedAmount;
    },
    closed,
    close: async () => {
      closing = true;
      ended ??= new WireError('closed', `${url}: this end has closed the connection`);
      socket.close(1000);
      await closed;
    },
  };
}
