import type { Agent } from 'node:http';
import {
  decodeFrame,
  type Frame,
  maxFrameBytes,
  reasonOf,
  subprotocol,
  urlUnder,
  WireError,
  wireErrorOf,
  wireErrorOfClose,
  wireErrorOfStatus,
} from '@edge-csi/proto';
import { WebSocket } from 'ws';
import { type ClientTls, clientTlsProblem, pemOf } from '../net/tls.ts';

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

/** Options of every connection to the BS server. */
export interface ClientOptions {
  /** Base of the BS server, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  /** Signed token of the right role, where the server asks for one. */
  readonly token?: string;
  readonly tls?: ClientTls;
  /** What opens the connection, as an agent of a proxy does. */
  readonly agent?: Agent;
  /** Gives up connecting; without effect once connected. */
  readonly signal?: AbortSignal;
}

/** What `openSocket` connects to. */
interface SocketOptions extends ClientOptions {
  readonly path: string;
  readonly onFrame: (frame: Frame) => void;
}

/**
 * Opens a WebSocket to the BS server.
 *
 * @throws WireError `unauthorized` where the server refuses the token; `connection-lost` where it cannot be reached.
 * Another refusal comes after, in `closed`.
 */
export async function openSocket(options: SocketOptions): Promise<Socket> {
  const { token, tls, agent, signal, onFrame } = options;
  const url = urlUnder(options.url, options.path);
  const problem = tls && clientTlsProblem(tls);
  if (problem !== undefined) throw new RangeError(`tls${problem}`);
  signal?.throwIfAborted();
  const socket = new WebSocket(url, subprotocol, {
    perMessageDeflate: false,
    maxPayload: maxFrameBytes.estimates,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    ...(tls && pemOf(tls)),
    ...(agent && { agent }),
  });
  const abort = () => socket.terminate();
  signal?.addEventListener('abort', abort, { once: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('unexpected-response', (_request, { statusCode, headers }) => {
      reject(wireErrorOfStatus(url, statusCode ?? 0, headers['www-authenticate']));
      socket.terminate();
    });
    socket.once('error', (cause) => reject(new WireError('connection-lost', `${url}: ${reasonOf(cause)}`, { cause })));
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
    reason ??= new WireError('connection-lost', `${url}: ${reasonOf(cause)}`, { cause });
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
