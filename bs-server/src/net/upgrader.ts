import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { maxFrameBytes, paths, subprotocol, tokenSubprotocolPrefix, WireError } from '@edge-csi/proto';
import { WebSocketServer } from 'ws';
import type { UpgradeFault } from '../ops/server-stats.ts';
import type { Access, AccessControl, AccessRole } from './access-token.ts';
import { Connection, type ConnectionContext, type FrameHandler } from './connection.ts';
import { bearerToken, pathOf } from './http-answer.ts';
import type { OnUpgrade, UpgradeRefusal } from './listener.ts';

const statusOf = { path: 404, subprotocol: 400, 'not-serving': 503, origin: 403, token: 401 } as const satisfies Record<
  UpgradeFault,
  UpgradeRefusal['status']
>;

/** One WebSocket path. */
interface Endpoint {
  readonly role: AccessRole;
  /** Most connections at once. */
  readonly most: number;
  readonly open: (connection: Connection) => FrameHandler;
}

export interface UpgraderOptions extends ConnectionContext {
  readonly endpoints: readonly Endpoint[];
  /** Undefined where no tokens are asked for. */
  readonly accessControl: AccessControl | undefined;
  /** Any where absent. */
  readonly allowedOrigins?: ReadonlySet<string> | undefined;
  /** False while connections are turned away: before the decoder is ready, and while the server drains. */
  readonly accepting: () => boolean;
  readonly onRefused: (fault: UpgradeFault, message: string) => void;
}

/**
 * How far a message may exceed its limit and still be answered: ws closes an oversized one with 1009 and no word, so
 * its own limit is set wider than the one that a connection checks.
 */
const oversizeFactor = 2;

/** Pieces a message may come in: nobody cuts messages of these sizes up, but the other end may. */
const maxFragments = 256;
const maxBufferedChunks = 4096;

/** Longest message of each role. A subscriber has nothing to say: room for the message it is refused with. */
const longestFrame = { ue: maxFrameBytes.ue, phy: maxFrameBytes.phy, estimates: 1024 } as const;

/** How long after its time a connection may be found to be over it, at most. */
const maxSweepMs = 1_000;

/** Decides which upgrade request becomes a connection, for what, and how many there may be; keeps them within their time. */
export class Upgrader {
  readonly #options: UpgraderOptions;
  readonly #servers = new Map<AccessRole, WebSocketServer>();
  readonly #connections: Record<AccessRole, Set<Connection>> = { ue: new Set(), phy: new Set(), estimates: new Set() };
  readonly #all = new Set<Connection>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: UpgraderOptions) {
    this.#options = options;
    for (const { role } of options.endpoints) this.#servers.set(role, this.#serverOf(role));
    const { pingIntervalMs, idleTimeoutMs, progressTimeoutMs } = options.limits;
    const sweepMs = Math.min(maxSweepMs, pingIntervalMs / 2, idleTimeoutMs / 2, progressTimeoutMs / 2);
    this.#sweep = setInterval(
      () => {
        const nowMs = options.clock();
        for (const connection of this.#all) connection.checkTime(nowMs);
      },
      Math.max(1, sweepMs),
    );
  }

  /** Connections of a role at present. */
  connections(role: AccessRole): number {
    return this.#connections[role].size;
  }

  readonly upgrade: OnUpgrade = async (request, socket, head) => {
    const { endpoints, allowedOrigins, accessControl, accepting } = this.#options;
    const { origin } = request.headers;
    const path = pathOf(request);
    const endpoint = endpoints.find(({ role }) => paths[role] === path);
    if (endpoint === undefined) return this.#refuse('path', 'no such path');
    if (!offeredBy(request).includes(subprotocol)) {
      return this.#refuse('subprotocol', `subprotocol ${subprotocol} expected`);
    }
    if (origin !== undefined && allowedOrigins?.has(origin) === false) {
      return this.#refuse('origin', 'pages of this origin may not connect');
    }
    let access: Access | undefined;
    try {
      access = await accessControl?.check(tokenOf(request), endpoint.role);
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return this.#refuse('token', error.message);
    }
    // Last, since the token takes a moment.
    if (!accepting()) return this.#refuse('not-serving', 'not serving at present');
    this.#connect(endpoint, request, socket, head, access);
    return undefined;
  };

  /** Tells every connection that the server goes, and waits until they are closed or have had their time. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    const gone = [...this.#all].map((connection) => connection.gone);
    for (const connection of this.#all)
      connection.reject(new WireError('shutting-down', 'the server is shutting down'));
    await Promise.all(gone);
    for (const server of this.#servers.values()) server.close();
  }

  #refuse(fault: UpgradeFault, message: string): UpgradeRefusal {
    this.#options.onRefused(fault, message);
    return { status: statusOf[fault], message };
  }

  #connect(
    endpoint: Endpoint,
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    access: Access | undefined,
  ): void {
    const { role } = endpoint;
    this.#servers.get(role)?.handleUpgrade(request, socket, head, (webSocket) => {
      const terms = { maxFrameBytes: longestFrame[role], access };
      const connection = new Connection(webSocket, socket, terms, this.#options);
      this.#all.add(connection);
      webSocket.on('close', () => this.#all.delete(connection));
      connection.serve(this.#open(endpoint, connection));
    });
  }

  #open({ role, most, open }: Endpoint, connection: Connection): FrameHandler {
    const present = this.#connections[role];
    if (present.size >= most) {
      connection.reject(new WireError('overload', `${most} connections of this kind are open already`));
      // What still arrives is not looked at.
      return { message: () => undefined, closed: () => undefined };
    }
    present.add(connection);
    const handler = open(connection);
    return {
      message: (bytes) => handler.message(bytes),
      closed: () => {
        present.delete(connection);
        handler.closed();
      },
    };
  }

  #serverOf(role: AccessRole): WebSocketServer {
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: longestFrame[role] * oversizeFactor,
      maxFragments,
      maxBufferedChunks,
      // Of a close that ws begins by itself, on a broken frame.
      closeTimeout: this.#options.drainTimeoutMs,
      // Never the entry that carries a token.
      handleProtocols: (offered: ReadonlySet<string>) => (offered.has(subprotocol) ? subprotocol : (false as const)),
    };
    return new WebSocketServer(options);
  }
}

/** What an upgrade request offers as its subprotocols. */
function offeredBy({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

/**
 * The token of a request: `Authorization: Bearer`, or the subprotocol entry of a browser, which cannot set headers.
 * Undefined where it has none.
 */
function tokenOf(request: IncomingMessage): string | undefined {
  if (request.headers.authorization !== undefined) return bearerToken(request);
  const entry = offeredBy(request).find((name) => name.startsWith(tokenSubprotocolPrefix));
  return entry?.slice(tokenSubprotocolPrefix.length);
}
