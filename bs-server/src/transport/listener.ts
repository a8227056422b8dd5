import { createServer, type IncomingMessage, type RequestListener, type Server, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { subprotocol } from '@edge-csi/proto';

/** What happens to an upgrade request: taken over, or refused with a status. */
export type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => number | undefined;

export interface ListenerOptions {
  readonly host: string;
  readonly port: number;
  /** From the TCP connection to complete request headers. */
  readonly headersTimeoutMs: number;
  readonly onRequest: RequestListener;
  readonly onUpgrade: OnUpgrade;
}

/** The TCP port: HTTP requests, and upgrades that name the subprotocol. */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;

  constructor(options: ListenerOptions) {
    const { headersTimeoutMs } = options;
    this.#options = options;
    this.#server = createServer(
      {
        headersTimeout: headersTimeoutMs,
        requestTimeout: headersTimeoutMs,
        connectionsCheckingInterval: Math.max(1, headersTimeoutMs / 4),
      },
      options.onRequest,
    );
    // A connection that never sends a byte has no request to time out.
    this.#server.setTimeout(headersTimeoutMs);
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
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

  /** Takes no more connections. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // Until the WebSocket has it, nobody else hears of a broken socket.
    const onError = () => socket.destroy();
    socket.on('error', onError);
    const status = namesSubprotocol(request) ? this.#options.onUpgrade(request, socket, head) : 400;
    if (status === undefined) {
      socket.off('error', onError);
      return;
    }
    const body = status === 400 ? `subprotocol ${subprotocol} expected\n` : `${STATUS_CODES[status]}\n`;
    const headers = `Connection: close\r\nContent-Type: text/plain\r\nContent-Length: ${body.length}`;
    socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${body}`);
  }
}

function namesSubprotocol({ headers }: IncomingMessage): boolean {
  const offered = headers['sec-websocket-protocol'] ?? '';
  return offered.split(',').some((name) => name.trim() === subprotocol);
}
