import { maxFrameBytes, paths, subprotocol, WireError } from '@edge-csi/proto';
import type { Access, AccessControl, AccessRole } from './access-token.ts';
import { pathOf } from './http-answer.ts';
import type { Limits } from './limits.ts';
import type { OnUpgrade, UpgradeRefusal } from './listener.ts';
import type { OpenSession, Peer, Session } from './peer.ts';
import { namesSubprotocol, tokenOf } from './upgrade-request.ts';
import type { WebSocketGate } from './web-socket.ts';

/** Why an upgrade is refused, in a word. */
export type UpgradeFault = 'path' | 'subprotocol' | 'not-serving' | 'origin' | 'token';

export interface GatewayOptions {
  readonly gate: WebSocketGate;
  /** Undefined where no tokens are asked for. */
  readonly accessControl: AccessControl | undefined;
  readonly allowedOrigins?: ReadonlySet<string> | undefined;
  /** False while connections are turned away: before the decoder is ready, and while the server drains. */
  readonly accepting: () => boolean;
  readonly limits: Pick<Limits, 'maxUes' | 'maxPhyFeeds' | 'maxSubscribers'>;
  readonly onRefused: (fault: UpgradeFault, message: string) => void;
  readonly openUe: OpenSession;
  readonly openPhy: OpenSession;
  readonly openSubscriber: OpenSession;
}

/** One WebSocket path of the server. */
interface Endpoint {
  readonly role: AccessRole;
  readonly maxFrameBytes: number;
  readonly maxConnections: number;
  readonly open: OpenSession;
  connections: number;
}

/** A subscriber has nothing to say: room for the message it is refused with. */
const subscriberFrameBytes = 1024;

const statusOf = { path: 404, subprotocol: 400, 'not-serving': 503, origin: 403, token: 401 } as const satisfies Record<
  UpgradeFault,
  UpgradeRefusal['status']
>;

/** Decides which connection gets which session, and how many there may be. */
export class Gateway {
  readonly #options: GatewayOptions;
  readonly #ues: Endpoint;
  readonly #phyFeeds: Endpoint;
  readonly #subscribers: Endpoint;

  constructor(options: GatewayOptions) {
    const { maxUes, maxPhyFeeds, maxSubscribers } = options.limits;
    const { openUe, openPhy, openSubscriber } = options;
    this.#options = options;
    this.#ues = endpoint('ue', maxFrameBytes.ue, maxUes, openUe);
    this.#phyFeeds = endpoint('phy', maxFrameBytes.phy, maxPhyFeeds, openPhy);
    this.#subscribers = endpoint('estimates', subscriberFrameBytes, maxSubscribers, openSubscriber);
  }

  /** Connections at present, by path. */
  get connections(): { ues: number; phyFeeds: number; subscribers: number } {
    return {
      ues: this.#ues.connections,
      phyFeeds: this.#phyFeeds.connections,
      subscribers: this.#subscribers.connections,
    };
  }

  readonly upgrade: OnUpgrade = async (request, socket, head) => {
    const { gate, allowedOrigins, accessControl } = this.#options;
    const { origin } = request.headers;
    const path = pathOf(request);
    const endpoint = [this.#ues, this.#phyFeeds, this.#subscribers].find(({ role }) => paths[role] === path);
    if (endpoint === undefined) return this.#refuse('path', 'no such path');
    if (!namesSubprotocol(request)) return this.#refuse('subprotocol', `subprotocol ${subprotocol} expected`);
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
    if (!this.#options.accepting()) return this.#refuse('not-serving', 'not serving at present');
    gate.upgrade(request, socket, head, { maxFrameBytes: endpoint.maxFrameBytes, access }, (peer) =>
      this.#open(endpoint, peer),
    );
    return undefined;
  };

  #refuse(fault: UpgradeFault, message: string): UpgradeRefusal {
    this.#options.onRefused(fault, message);
    return { status: statusOf[fault], message };
  }

  #open(endpoint: Endpoint, peer: Peer): Session {
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

function endpoint(role: AccessRole, maxBytes: number, maxConnections: number, open: OpenSession): Endpoint {
  return { role, maxFrameBytes: maxBytes, maxConnections, open, connections: 0 };
}

/** A session that is over before it starts; what still arrives is not looked at. */
function refused(peer: Peer, error: WireError): Session {
  peer.reject(error);
  return { message: () => undefined, closed: () => undefined };
}
