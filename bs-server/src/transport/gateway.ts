import type { IncomingMessage } from 'node:http';
import { maxFrameBytes, paths, WireError } from '@edge-csi/proto';
import { pathOf } from './http-answer.ts';
import type { OnUpgrade } from './listener.ts';
import type { OpenSession, Peer, Session } from './peer.ts';
import { bearerToken, tokenMatches } from './token.ts';
import type { WebSocketGate } from './web-socket.ts';

export interface GatewayOptions {
  readonly gate: WebSocketGate;
  readonly token: string | undefined;
  /** False while connections are turned away: before the decoder is ready, and while the server drains. */
  readonly accepting: () => boolean;
  readonly maxUes: number;
  readonly maxPhyFeeds: number;
  readonly maxSubscribers: number;
  readonly openUe: OpenSession;
  readonly openPhy: OpenSession;
  readonly openSubscriber: OpenSession;
}

/** One WebSocket path of the server. */
interface Endpoint {
  readonly maxFrameBytes: number;
  readonly maxConnections: number;
  /** Whether the token comes with the request; a UE's comes in Hello. */
  readonly tokenInRequest: boolean;
  readonly open: OpenSession;
  connections: number;
}

/** A subscriber has nothing to say: room for the message it is refused with. */
const subscriberFrameBytes = 1024;

/** Decides which connection gets which session, and how many there may be. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #ues: Endpoint;
  readonly #phyFeeds: Endpoint;
  readonly #subscribers: Endpoint;

  constructor(options: GatewayOptions) {
    const { maxUes, maxPhyFeeds, maxSubscribers } = options;
    const ofFeed = { tokenInRequest: true, connections: 0 };
    this.#options = options;
    this.#ues = {
      maxFrameBytes: maxFrameBytes.ue,
      maxConnections: maxUes,
      tokenInRequest: false,
      open: options.openUe,
      connections: 0,
    };
    this.#phyFeeds = {
      ...ofFeed,
      maxFrameBytes: maxFrameBytes.phy,
      maxConnections: maxPhyFeeds,
      open: options.openPhy,
    };
    this.#subscribers = {
      ...ofFeed,
      maxFrameBytes: subscriberFrameBytes,
      maxConnections: maxSubscribers,
      open: options.openSubscriber,
    };
  }

  /** Connections at present, by path. */
  get connections(): { ues: number; phyFeeds: number; subscribers: number } {
    return {
      ues: this.#ues.connections,
      phyFeeds: this.#phyFeeds.connections,
      subscribers: this.#subscribers.connections,
    };
  }

  readonly upgrade: OnUpgrade = (request, socket, head) => {
    const endpoint = this.#endpoint(pathOf(request));
    if (endpoint === undefined) return 404;
    if (!this.#options.accepting()) return 503;
    this.#options.gate.upgrade(request, socket, head, endpoint.maxFrameBytes, (peer) =>
      this.#open(endpoint, request, peer),
    );
    return undefined;
  };

  #endpoint(path: string): Endpoint | undefined {
    if (path === paths.ue) return this.#ues;
    if (path === paths.phy) return this.#phyFeeds;
    return path === paths.estimates ? this.#subscribers : undefined;
  }

  #open(endpoint: Endpoint, request: IncomingMessage, peer: Peer): Session {
    const { token } = this.#options;
    if (token !== undefined && endpoint.tokenInRequest && !tokenMatches(token, bearerToken(request))) {
      return refused(peer, new WireError('unauthorized', 'Authorization: Bearer with the right token expected'));
    }
    if (endpoint.connections >= endpoint.maxConnections) {
      return refused(
        peer,
        new WireError('overload', `${endpoint.maxConnections} connections of this kind are open already`),
      );
    }
    endpoint.connections++;
    const session = endpoint.open(peer);
    return {
      message: (bytes) => session.message(bytes),
      closed: () => {
        endpoint.connections--;
        session.closed();
      },
    };
  }
}

/** A session that is over before it starts; what still arrives is not looked at. */
function refused(peer: Peer, error: WireError): Session {
  peer.reject(error);
  return { message: () => undefined, closed: () => undefined };
}
