import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { subprotocol, WireError } from '@edge-csi/proto';
import { WebSocketServer } from 'ws';
import type { OpenSession } from './peer.ts';
import { type PeerTerms, WebSocketPeer, type WebSocketPeerOptions } from './web-socket-peer.ts';

/**
 * How far a message may exceed its limit and still be answered: ws closes an oversized one with 1009 and no word, so
 * its own limit is set wider than the one that is checked by a peer.
 */
const oversizeFactor = 2;

/** Pieces a message may come in: nobody cuts messages of these sizes up, but a peer may. */
const maxFragments = 256;
const maxBufferedChunks = 4096;

/** How long after its time a connection may be found to be over it, at most. */
const maxSweepMs = 1_000;

/** The WebSocket end of every path: upgrades, pings and orderly closes. */
export class WebSocketGate {
  readonly #options: WebSocketPeerOptions;
  readonly #servers = new Map<number, WebSocketServer>();
  readonly #peers = new Set<WebSocketPeer>();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: WebSocketPeerOptions) {
    this.#options = options;
    const { pingIntervalMs, idleTimeoutMs, progressTimeoutMs } = options;
    const sweepMs = Math.min(maxSweepMs, pingIntervalMs / 2, idleTimeoutMs / 2, progressTimeoutMs / 2);
    this.#sweep = setInterval(
      () => {
        const nowMs = options.clock();
        for (const peer of this.#peers) peer.checkTime(nowMs);
      },
      Math.max(1, sweepMs),
    );
  }

  /** Turns an HTTP upgrade into a connection with a session. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, terms: PeerTerms, openSession: OpenSession): void {
    this.#server(terms.maxFrameBytes).handleUpgrade(request, socket, head, (webSocket) => {
      const peer = new WebSocketPeer(webSocket, socket, terms, this.#options);
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
    const options = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: maxFrameBytes * oversizeFactor,
      maxFragments,
      maxBufferedChunks,
      // Of a close that ws begins by itself, on a broken frame.
      closeTimeout: this.#options.closeTimeoutMs,
      // Never the entry that carries a token.
      handleProtocols: (offered: ReadonlySet<string>) => (offered.has(subprotocol) ? subprotocol : (false as const)),
    };
    const server = new WebSocketServer(options);
    this.#servers.set(maxFrameBytes, server);
    return server;
  }
}
