import { CsiError } from '@edge-csi/csi';
import {
  decodeFrame,
  encodeFrame,
  type Frame,
  type Hello,
  type Hint,
  maxFrameBytes,
  type ReportAck,
  type ReportConfig,
  subprotocol,
  type Welcome,
  WireError,
  wireErrorOf,
  wireErrorOfClose,
} from '@edge-csi/proto';
import { openFrameSocket } from '#platform';
import type { ClientAgent, ClientTls, FrameSocket } from './platform/platform.ts';

export interface ConnectionOptions {
  /** WebSocket URL, path included. */
  readonly url: string;
  /** Its token goes with the upgrade request, too. */
  readonly hello: Hello;
  readonly tls: ClientTls | undefined;
  readonly agent: ClientAgent | undefined;
  readonly handshakeTimeoutMs: number;
  readonly closeTimeoutMs: number;
}

/** What the BS says. Never called after the connection ended. */
export interface ConnectionHandlers {
  /** First, once, before `openConnection` resolves: frames behind the Welcome do not wait for that. */
  onWelcome(welcome: Welcome, connection: Connection): void;
  /** The config's revision is higher than any before. */
  onReconfigure(config: ReportConfig): void;
  onAck(ack: ReportAck): void;
  onHint(hint: Hint): void;
  /** A refusal of one report; one of the connection ends it. */
  onReject(error: WireError): void;
}

/**
 * Connects and greets.
 *
 * @throws WireError why the BS refused or the connection failed; the signal's reason where it aborts first
 * @throws RangeError where the hello is not one
 */
export async function openConnection(
  options: ConnectionOptions,
  handlers: ConnectionHandlers,
  signal: AbortSignal,
): Promise<Connection> {
  const hello = encodeFrame('hello', options.hello);
  signal.throwIfAborted();
  return new Connection(options, handlers, hello).greeted(signal);
}

/** One connection from Hello to close. */
export class Connection {
  /** Why it ended. Resolves once, never rejects. */
  readonly ended: Promise<Error>;
  readonly #options: ConnectionOptions;
  readonly #handlers: ConnectionHandlers;
  readonly #socket: FrameSocket;
  readonly #closed: Promise<void>;
  #onGreeted: () => void = () => undefined;
  #resolveEnded: (error: Error) => void = () => undefined;
  #resolveClosed: () => void = () => undefined;
  isEnded = false;
  /** Of the last config; 0 before the Welcome. */
  #revision = 0;

  constructor(options: ConnectionOptions, handlers: ConnectionHandlers, hello: Uint8Array) {
    this.#options = options;
    this.#handlers = handlers;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    this.#socket = openFrameSocket(
      {
        url: options.url,
        subprotocol,
        token: options.hello.token,
        tls: options.tls,
        agent: options.agent,
        maxFrameBytes: maxFrameBytes.ue,
      },
      {
        onOpen: () => this.#socket.send(hello),
        onFrame: (bytes) => this.#receive(bytes),
        onClose: (code, reason) => {
          this.#end(wireErrorOfClose(code, reason));
          this.#resolveClosed();
        },
      },
    );
  }

  greeted(signal: AbortSignal): Promise<Connection> {
    const { handshakeTimeoutMs, url } = this.#options;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#end(new WireError('timeout', `${url}: no Welcome within ${handshakeTimeoutMs} ms`));
        this.#socket.terminate();
      }, handshakeTimeoutMs);
      const onAbort = () => {
        reject(signal.reason);
        this.#end(new WireError('closed', 'aborted'));
        this.#socket.terminate();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      const settle = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
      };
      this.#onGreeted = () => {
        settle();
        resolve(this);
      };
      this.ended.then((error) => {
        settle();
        reject(error);
      });
    });
  }

  send(frame: Uint8Array): void {
    if (!this.isEnded) this.#socket.send(frame);
  }

  /** Ends it, telling the BS what was wrong. */
  fail(error: Error): void {
    if (!this.#end(error)) return;
    this.#socket.close(closeCodeOf(error), closeReason(error.message));
    this.#terminateLater();
  }

  /** Ends it in good order; resolves when the socket is closed. */
  close(): Promise<void> {
    this.#end(new WireError('closed', 'closed by this end'));
    this.#socket.close(1000, '');
    this.#terminateLater();
    return this.#closed;
  }

  /** @returns false where it had ended before */
  #end(error: Error): boolean {
    if (this.isEnded) return false;
    this.isEnded = true;
    this.#resolveEnded(error);
    return true;
  }

  /** A BS that never completes the closing handshake must not keep the socket. */
  #terminateLater(): void {
    const timer = setTimeout(() => {
      this.#socket.terminate();
      this.#resolveClosed();
    }, this.#options.closeTimeoutMs);
    this.#closed.then(() => clearTimeout(timer));
  }

  #receive(bytes: Uint8Array): void {
    if (this.isEnded) return;
    try {
      this.#dispatch(decodeFrame(bytes));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.fail(error);
    }
  }

  #dispatch(frame: Frame): void {
    const greeted = this.#revision > 0;
    if (frame.kind === 'reject') {
      const error = wireErrorOf(frame.value);
      if (error.seq === undefined || !greeted) this.fail(error);
      else this.#handlers.onReject(error);
    } else if (!greeted) {
      if (frame.kind !== 'welcome') throw new WireError('bad-frame', `${frame.kind}: expected a welcome`);
      this.#revision = frame.value.config.revision;
      this.#handlers.onWelcome(frame.value, this);
      this.#onGreeted();
    } else if (frame.kind === 'ack') {
      this.#handlers.onAck(frame.value);
    } else if (frame.kind === 'hint') {
      this.#handlers.onHint(frame.value);
    } else if (frame.kind === 'reconfigure') {
      this.#reconfigure(frame.value.config);
    } else {
      throw new WireError('bad-frame', `${frame.kind}: not for a UE in session`);
    }
  }

  #reconfigure(config: ReportConfig): void {
    if (config.revision <= this.#revision) {
      const problem = `${config.revision} does not follow ${this.#revision}`;
      throw new WireError('bad-frame', `reconfigure.config.revision: ${problem}`);
    }
    this.#revision = config.revision;
    this.#handlers.onReconfigure(config);
  }
}

function closeCodeOf(error: Error): number {
  const isMismatch = error instanceof CsiError && error.code === 'model-mismatch';
  const cause = isMismatch ? new WireError('model-mismatch', error.message) : error;
  return cause instanceof WireError ? (cause.closeCode ?? 1000) : 1000;
}

/** At most 123 bytes fit a close frame (RFC 6455, 5.5.1); ASCII, so that one character is one byte. */
function closeReason(message: string): string {
  return message.replace(/[^\x20-\x7e]/g, '?').slice(0, 123);
}
