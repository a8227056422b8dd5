import type { Duplex } from 'node:stream';
import { encodeFrame, type Refusal, rejectOf, WireError } from '@edge-csi/proto';
import type { Logger } from 'pino';
import type { WebSocket } from 'ws';
import type { Access } from './access-token.ts';
import type { Limits } from './limits.ts';

/** What a connection is for. */
export interface FrameHandler {
  /**
   * Takes a binary message.
   *
   * @throws WireError what the other end is told; one with a close code ends the connection.
   */
  message(bytes: Uint8Array): void;
  /** The connection is gone. Called once. */
  closed(): void;
}

/** What the connections of a server share. */
export interface ConnectionContext {
  readonly limits: Pick<Limits, 'pingIntervalMs' | 'idleTimeoutMs' | 'progressTimeoutMs' | 'maxBufferedBytes'>;
  /** How long the other end may take to answer a close. */
  readonly drainTimeoutMs: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Told of every error a connection is told. */
  readonly onReject: (error: Refusal) => void;
}

/** What one connection is allowed. */
export interface ConnectionTerms {
  /** Longest message. */
  readonly maxFrameBytes: number;
  /** What its token says, where the server asks for one. */
  readonly access: Access | undefined;
}

/** One WebSocket with its limits: message size, silence, half a frame, an expired token, a reader that has stopped. */
export class Connection {
  readonly access: Access | undefined;
  /** Resolves when the connection is gone. */
  readonly gone: Promise<void>;
  readonly #webSocket: WebSocket;
  readonly #writer: FrameWriter;
  readonly #maxFrameBytes: number;
  readonly #context: ConnectionContext;
  /** When the last whole frame came. */
  #heardMs: number;
  #pingedMs: number;
  /** When the first bytes came that no whole frame has followed. */
  #begunMs: number | undefined;
  #closing = false;
  #probe: Promise<boolean> | undefined;

  constructor(webSocket: WebSocket, socket: Duplex, terms: ConnectionTerms, context: ConnectionContext) {
    this.access = terms.access;
    this.#webSocket = webSocket;
    this.#writer = new FrameWriter(webSocket, socket);
    this.#maxFrameBytes = terms.maxFrameBytes;
    this.#context = context;
    this.#heardMs = context.clock();
    this.#pingedMs = this.#heardMs;
    this.gone = new Promise((resolve) => webSocket.once('close', () => resolve()));
    // Before ws reads them: frames that the bytes complete are heard after this.
    socket.prependListener('data', () => {
      this.#begunMs ??= context.clock();
    });
  }

  /** Bytes handed over and not yet taken by the other end. */
  get bufferedBytes(): number {
    return this.#webSocket.bufferedAmount;
  }

  /** True until this end has decided to close, or the other end is gone. */
  get open(): boolean {
    return !this.#closing && this.#webSocket.readyState === this.#webSocket.OPEN;
  }

  serve(handler: FrameHandler): void {
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
        handler.message(bytes);
      } catch (error) {
        this.fail(error);
      }
    });
    this.#webSocket.on('ping', () => this.#heard());
    this.#webSocket.on('pong', () => this.#heard());
    // A broken WebSocket frame or a broken connection: ws closes it, with the code of RFC 6455 that fits.
    this.#webSocket.on('error', (error) => this.#context.onReject(new WireError('bad-frame', error.message)));
    this.#webSocket.on('close', () => {
      this.#closing = true;
      handler.closed();
    });
  }

  /** Sends a frame; cuts the connection where the other end has stopped reading. Does nothing once closed. */
  send(frame: Uint8Array): void {
    if (!this.open) return;
    this.#writer.send(frame);
    // A subscriber misses estimates before that: what is cut does not read at all.
    if (this.bufferedBytes <= 2 * this.#context.limits.maxBufferedBytes) return;
    this.#context.onReject(new WireError('overload', 'the other end has stopped reading'));
    this.terminate();
  }

  /** Sends a Reject, and closes the connection where the error table says so. */
  reject(error: Refusal): void {
    if (!this.open) return;
    this.#context.onReject(error);
    this.send(encodeFrame('reject', rejectOf(error)));
    if (error.closeCode === undefined) return;
    this.#closing = true;
    this.#webSocket.close(error.closeCode, error.code);
    const cut = setTimeout(() => this.terminate(), this.#context.drainTimeoutMs);
    this.#webSocket.once('close', () => clearTimeout(cut));
  }

  /** Rejects with a WireError as it is; logs anything else and rejects with `internal`. */
  fail(error: unknown): void {
    if (error instanceof WireError) {
      this.reject(error);
    } else {
      this.#context.logger.error({ err: error }, 'a session failed');
      this.reject(new WireError('internal', 'the server failed on this message'));
    }
  }

  /** Asks the other end for a sign of life; however many ask at once, once. */
  isAlive(timeoutMs: number): Promise<boolean> {
    if (!this.open) return Promise.resolve(false);
    this.#probe ??= this.#ping(timeoutMs).finally(() => {
      this.#probe = undefined;
    });
    return this.#probe;
  }

  /** Drops the connection without a word. */
  terminate(): void {
    this.#closing = true;
    this.#webSocket.terminate();
  }

  /** Ends the connection where its time is up in one way or another, and asks a silent one for a sign of life. */
  checkTime(nowMs: number): void {
    if (!this.open) return;
    const { idleTimeoutMs, pingIntervalMs, progressTimeoutMs } = this.#context.limits;
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
    this.#heardMs = this.#context.clock();
    this.#begunMs = undefined;
  }
}

/** Longest payload whose length stands in the second byte of its frame. */
const maxShortBytes = 125;
/** Final fragment, binary (RFC 6455, 5.2). */
const finalBinary = 0x82;
/** Longer frames of one tick wait for each other up to this size. */
const maxGatheredBytes = 2 ** 16;

/**
 * Sends binary messages on an upgraded socket with few system calls, which are most of what a report costs a server: an
 * acknowledgement takes one write instead of one for header and payload each, and the estimates of a batch, which
 * leave in one tick, share theirs.
 */
export class FrameWriter {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  /** Bytes that wait for the end of the tick. */
  #gatheredBytes = 0;

  /** @param socket - what the WebSocket writes to. It negotiated no extension: its frames go out as they are made. */
  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  /** Sends one message on an open WebSocket, after all that were sent before. */
  send(message: Uint8Array): void {
    if (message.length <= maxShortBytes) {
      const frame = Buffer.allocUnsafe(2 + message.length);
      frame[0] = finalBinary;
      frame[1] = message.length;
      frame.set(message, 2);
      this.#socket.write(frame);
      return;
    }
    if (this.#gatheredBytes === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#flush());
    }
    this.#gatheredBytes += message.length;
    this.#webSocket.send(message);
    if (this.#gatheredBytes >= maxGatheredBytes) this.#flush();
  }

  #flush(): void {
    if (this.#gatheredBytes === 0) return;
    this.#gatheredBytes = 0;
    this.#socket.uncork();
  }
}
