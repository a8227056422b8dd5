import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { encodeFrame, rejectOf, subprotocol, WireError } from '@edge-csi/proto';
import type { Logger } from 'pino';
import { type WebSocket, WebSocketServer } from 'ws';
import type { OpenSession, Peer, Session } from './peer.ts';

export interface WebSocketOptions {
  readonly pingIntervalMs: number;
  readonly idleTimeoutMs: number;
  /** Unsent bytes beyond which a connection is cut. */
  readonly maxBufferedBytes: number;
  /** How long the other end may take to answer a close. */
  readonly closeTimeoutMs: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Told of every error a connection is told. */
  readonly onReject: (error: WireError) => void;
}

/**
 * How far a message may exceed its limit and still be answered: ws closes an oversized one with 1009 and no word, so
 * its own limit is set wider than the one that is checked here.
 */
const oversizeFactor = 2;

/** The WebSocket end of every path: upgrades, frame limits, pings and orderly closes. */
export class WebSocketGate {
  readonly #options: WebSocketOptions;
  readonly #servers = new Map<number, WebSocketServer>();
  readonly #peers = new Set<WebSocketPeer>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: WebSocketOptions) {
    this.#options = options;
    const sweepMs = Math.max(1, Math.min(options.pingIntervalMs, options.idleTimeoutMs) / 2);
    this.#sweep = setInterval(() => {
      const nowMs = options.clock();
      for (const peer of this.#peers) peer.checkIdle(nowMs);
    }, sweepMs);
  }

  /**
   * Turns an HTTP upgrade into a connection with a session.
   *
   * @param maxFrameBytes - longest message of this path
   */
  upgrade(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    maxFrameBytes: number,
    openSession: OpenSession,
  ): void {
    this.#server(maxFrameBytes).handleUpgrade(request, socket, head, (webSocket) => {
      const peer = new WebSocketPeer(webSocket, maxFrameBytes, this.#options);
      this.#peers.add(peer);
      webSocket.on('close', () => this.#peers.delete(peer));
      peer.serve(openSession(peer));
    });
  }

  /** Tells every connection that the server goes, and waits until they are closed or have had their time. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    const gone = [...this.#peers].map((peer) => peer.gone);
    for (const peer of this.#peers) peer.reject(new WireError('shutting-down', 'the server is shutting down'));
    await Promise.all(gone);
    for (const server of this.#servers.values()) server.close();
  }

  #server(maxFrameBytes: number): WebSocketServer {
    const known = this.#servers.get(maxFrameBytes);
    if (known !== undefined) return known;
    const server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes * oversizeFactor,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
    this.#servers.set(maxFrameBytes, server);
    return server;
  }
}

class WebSocketPeer implements Peer {
  readonly gone: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #maxFrameBytes: number;
  readonly #options: WebSocketOptions;
  #heardMs: number;
  #pingedMs: number;
  #closing = false;

  constructor(webSocket: WebSocket, maxFrameBytes: number, options: WebSocketOptions) {
    this.#webSocket = webSocket;
    this.#maxFrameBytes = maxFrameBytes;
    this.#options = options;
    this.#heardMs = options.clock();
    this.#pingedMs = this.#heardMs;
    this.gone = new Promise((resolve) => webSocket.once('close', () => resolve()));
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
    this.#webSocket.send(frame);
    if (this.bufferedBytes <= this.#options.maxBufferedBytes) return;
    this.#options.onReject(new WireError('overload', 'the other end has stopped reading'));
    this.terminate();
  }

  reject(error: WireError): void {
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

  isAlive(timeoutMs: number): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
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

  terminate(): void {
    this.#closing = true;
    this.#webSocket.terminate();
  }

  checkIdle(nowMs: number): void {
    if (!this.open) return;
    const { idleTimeoutMs, pingIntervalMs } = this.#options;
    if (nowMs - this.#heardMs > idleTimeoutMs) {
      this.reject(new WireError('timeout', `nothing heard for ${idleTimeoutMs} ms`));
    } else if (nowMs - Math.max(this.#heardMs, this.#pingedMs) >= pingIntervalMs) {
      this.#pingedMs = nowMs;
      this.#webSocket.ping();
    }
  }

  #heard(): void {
    this.#heardMs = this.#options.clock();
  }
}
