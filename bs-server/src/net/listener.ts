import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionRefusal } from '../ops/server-stats.ts';
import { ConnectionGuard, type ConnectionLimits } from './connection-guard.ts';
import type { Limits } from './limits.ts';
import { pemOf, type ServerTls } from './tls.ts';

/** Why an upgrade is refused. */
export interface UpgradeRefusal {
  readonly status: 400 | 401 | 403 | 404 | 500 | 503;
  /** What to change, for people. */
  readonly message: string;
}

/** What happens to an upgrade request: taken over, or refused. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<UpgradeRefusal | undefined>;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls?: ServerTls | undefined;
  readonly limits: ConnectionLimits & Pick<Limits, 'helloTimeoutMs'>;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** A connection was turned away before a byte of it was read. */
  readonly onRefused: (refusal: ConnectionRefusal) => void;
  readonly onRequest: RequestListener;
  readonly onUpgrade: OnUpgrade;
  /** An upgrade failed for no fault of the other end. */
  readonly onError: (error: unknown) => void;
}

/** Requests are short: a token is the longest thing in them. */
const maxHeaderBytes = 8 * 1024;
const maxHeaders = 64;
/** Far more than a UE needs for its model. */
const maxRequestsPerSocket = 100;

/** The TCP port, with or without TLS: HTTP requests and upgrades. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #guard: ConnectionGuard;
  readonly #sockets = new Set<Socket>();

  constructor(options: ListenerOptions) {
    const { tls, limits, clock, onRequest } = options;
    // To complete request headers, and to a complete TLS handshake.
    const timeoutMs = limits.helloTimeoutMs;
    this.#options = options;
    this.#guard = new ConnectionGuard(limits, clock());
    const http = {
      headersTimeout: timeoutMs,
      requestTimeout: timeoutMs,
      connectionsCheckingInterval: Math.max(1, timeoutMs / 4),
      maxHeaderSize: maxHeaderBytes,
    };
    this.#server =
      tls === undefined
        ? createServer(http, onRequest)
        : createTlsServer(
            { ...http, ...pemOf(tls), minVersion: 'TLSv1.2', ...clientCheck(tls), handshakeTimeout: timeoutMs },
            onRequest,
          );
    this.#server.maxHeadersCount = maxHeaders;
    this.#server.maxRequestsPerSocket = maxRequestsPerSocket;
    // A connection that never sends a byte has no request to time out.
    this.#server.setTimeout(timeoutMs);
    this.#server.prependListener('connection', (socket: Socket) => this.#connected(socket));
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head));
  }

  /** @returns the port it listens on */
  listen(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Takes no more connections and ends those there are. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      // Not closeAllConnections: that knows neither unfinished TLS handshakes nor upgrades that are being decided.
      for (const socket of this.#sockets) socket.destroy();
    });
  }

  #connected(socket: Socket): void {
    const { remoteAddress: address } = socket;
    // Gone already.
    if (address === undefined) return;
    const refusal = this.#guard.open(address, this.#options.clock());
    if (refusal !== undefined) {
      this.#options.onRefused(refusal);
      socket.on('error', () => socket.destroy());
      socket.resetAndDestroy();
      return;
    }
    this.#sockets.add(socket);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      this.#guard.closed(address);
    });
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Until the WebSocket has it, nobody else hears of a broken socket.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    const refusal = await this.#decide(request, socket, head);
    if (refusal === undefined) {
      socket.off('error', onError);
      return;
    }
    const { status, message } = refusal;
    const body = `${message}\n`;
    // RFC 6750, 3: why a token was refused.
    const challenge =
      status === 401 ? `WWW-Authenticate: Bearer error="invalid_token", error_description="${message}"\r\n` : '';
    const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}\r\n${challenge}`;
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n${body}`);
    // Whoever does not hang up now is hung up on.
    const cut = setTimeout(() => socket.destroy(), this.#options.limits.helloTimeoutMs);
    socket.once('close', () => clearTimeout(cut));
    socket.resume();
  }

  async #decide(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<UpgradeRefusal | undefined> {
    try {
      return await this.#options.onUpgrade(request, socket, head);
    } catch (error) {
      this.#options.onError(error);
      return { status: 500, message: 'the server failed' };
    }
  }
}

/** With these a handshake fails unless the client shows a certificate of the authorities that are known. */
function clientCheck({ ca }: ServerTls) {
  return ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true };
}
