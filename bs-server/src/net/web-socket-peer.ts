import type { Duplex } from 'node:stream';
import { encodeFrame, type Refusal, rejectOf, WireError } from '@edge-csi/proto';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Access } from './access-token.ts';
import { FrameWriter } from './frame-writer.ts';
import type { Peer, Session } from './peer.ts';

export interface WebSocketPeerOptions {
  readonly pingIntervalMs: number;
  readonly idleTimeoutMs: number;
  /** From the first byte of a frame to its last. */
  readonly progressTimeoutMs: number;
  /** Unsent bytes beyond which a connection is cut. */
  readonly maxBufferedBytes: number;
  /** How long the other end may take to answer a close. */
  readonly closeTimeoutMs: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Told of every error a connection is told. */
  readonly onReject: (error: Refusal) => void;
}

/** What one connection is allowed. */
export interface PeerTerms {
  /** Longest message. */
  readonly maxFrameBytes: number;
  readonly access: Access | undefined;
}

/** One WebSocket with its limits: message size, silence, half a frame, an expired token, a reader that has stopped. */
export class WebSocketPeer implements Peer {
  readonly access: Access | undefined;
  readonly gone: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #maxFrameBytes: number;
  readonly #options: WebSocketPeerOptions;
  /** When the last whole frame came. */
  #heardMs: number;
  #pingedMs: number;
  /** When the first bytes came that no whole frame has followed. */
  #begunMs: number | undefined;
  #closing = false;
  #probe: Promise<boolean> | undefined;

  constructor(webSocket: WebSocket, socket: Duplex, terms: PeerTerms, options: WebSocketPeerOptions) {
    this.access = terms.access;
    this.#webSocket = webSocket;
    this.#writer = new FrameWriter(webSocket, socket);
    this.#maxFrameBytes = terms.maxFrameBytes;
    this.#options = options;
    this.#heardMs = options.clock();
    this.#pingedMs = this.#heardMs;
    this.gone = new Promise((resolve) => webSocket.once('close', () => resolve()));
    // Before ws reads them: frames that the bytes complete are heard after this.
    socket.prependListener('data', () => {
      this.#begunMs ??= this.#options.clock();
    });
  }

  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  get open(): boolean {
    return !this.#closing && this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  serve(session: Session): void {
    this.#webSocket.on('message', (data, isBinary) => {
      this.#heard();
      if (this.#closing) return;
      try {
        this.#assertAccess(this.#heardMs);
        const bytes = data as Buffer;
        if (!isBinary) throw new WireError('bad-frame', 'text message, expected binary');
        if (bytes.length > this.#maxFrameBytes) {
          throw new WireError('bad-frame', `message of ${bytes.length} bytes, at most ${this.#maxFrameBytes}`);
        }
        session.message(bytes);
      } catch (error) {
        this.fail(error);
      }
    });
    this.#webSocket.on('ping', () => this.#heard());
    this.#webSocket.on('pong', () => this.#heard());
    // A broken WebSocket frame or a broken connection: ws closes it, with the code of RFC 6455 that fits.
    this.#webSocket.on('error', (error) => this.#options.onReject(new WireError('bad-frame', error.message)));
    this.#webSocket.on('close', () => {
      this.#closing = true;
      session.closed();
    });
  }

  send(frame: Uint8Array): void {
    if (!this.open) return;
    this.#writer.send(frame);
    if (this.bufferedBytes <= this.#options.maxBufferedBytes) return;
    this.#options.onReject(new WireError('overload', 'the other end has stopped reading'));
    this.terminate();
  }

  reject(error: Refusal): void {
    if (!this.open) return;
    this.#options.onReject(error);
    this.send(encodeFrame('reject', rejectOf(error)));
    if (error.closeCode === undefined) return;
    this.#closing = true;
    this.#webSocket.close(error.closeCode, error.code);
    const cut = setTimeout(() => this.terminate(), this.#options.closeTimeoutMs);
    this.#webSocket.once('close', () => clearTimeout(cut));
  }

  fail(error: unknown): void {
    if (error instanceof WireError) {
      this.reject(error);
    } else {
      this.#options.logger.error({ err: error }, 'a session failed');
      this.reject(new WireError('internal', 'the server failed on this message'));
    }
  }

  /** However many ask at once, the other end is asked once. */
  isAlive(timeoutMs: number): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    this.#probe ??= this.#ping(timeoutMs).finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  terminate(): void {
    this.#closing = true;
    this.#webSocket.terminate();
  }

  /** Ends the connection where its time is up in one way or another, and asks a silent one for a sign of life. */
  checkTime(nowMs: number): void {
    if (!this.open) return;
    const { idleTimeoutMs, pingIntervalMs, progressTimeoutMs } = this.#options;
    try {
      this.#assertAccess(nowMs);
      if (nowMs - (this.#begunMs ?? nowMs) > progressTimeoutMs) {
        throw new WireError('timeout', `a frame is not complete after ${progressTimeoutMs} ms`);
      }
      if (nowMs - this.#heardMs > idleTimeoutMs)
        throw new WireError('timeout', `nothing heard for ${idleTimeoutMs} ms`);
    } catch (error) {
      this.fail(error);
      return;
    }
    if (nowMs - Math.max(this.#heardMs, this.#pingedMs) < pingIntervalMs) return;
    this.#pingedMs = nowMs;
    this.#webSocket.ping();
  }

  #assertAccess(nowMs: number): void {
    if (this.access !== undefined && nowMs >= this.access.expiresMs) {
      throw new WireError('unauthorized', 'the token has expired');
    }
  }

  #ping(timeoutMs: number): Promise<boolean> {
    const webSocket = this.#webSocket;
    return new Promise((resolve) => {
      const end = (alive: boolean) => {
        clearTimeout(timer);
        webSocket.off('pong', onPong).off('close', onClose);
        resolve(alive);
      };
      const onPong = () => end(true);
      const onClose = () => end(false);
      const timer = setTimeout(onClose, timeoutMs);
      webSocket.once('pong', onPong).once('close', onClose).ping();
    });
  }

  #heard(): void {
    this.#heardMs = this.#options.clock();
    this.#begunMs = undefined;
  }
}
