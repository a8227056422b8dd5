import type { ConnectionRefusal } from '../ops/server-stats.ts';
import { type Limits, TokenBucket } from './limits.ts';

export type ConnectionLimits = Pick<
  Limits,
  'maxConnections' | 'maxConnectionsPerAddress' | 'connectionsPerSecond' | 'connectionsPerSecondPerAddress'
>;

interface Origin {
  connections: number;
  readonly rate: TokenBucket;
}

/** Seconds' worth of connections that may come at once. */
const burstSeconds = 2;

/** How often addresses are forgotten that have no connection and have not had many lately. */
const forgetAfterMs = 1_000 * burstSeconds;

/**
 * Counts connections and how fast they come, in all and by address.
 *
 * A refused connection uses up nothing, so that an address that is over its own limit leaves the common one to others.
 * The addresses remembered are bounded by the common rate.
 */
export class ConnectionGuard {
  readonly #limits: ConnectionLimits;
  readonly #rate: TokenBucket;
  readonly #origins = new Map<string, Origin>();
  #connections = 0;
  #forgotMs: number;

  constructor(limits: ConnectionLimits, nowMs: number) {
    this.#limits = limits;
    const { connectionsPerSecond } = limits;
    this.#rate = new TokenBucket(connectionsPerSecond, burstSeconds * connectionsPerSecond, nowMs);
    this.#forgotMs = nowMs;
  }

  /** Addresses remembered. */
  get size(): number {
    return this.#origins.size;
  }

  /** Admits a connection, which is then reported by `closed`, or says why not. */
  open(address: string, nowMs: number): ConnectionRefusal | undefined {
    this.#forget(nowMs);
    const { maxConnections, maxConnectionsPerAddress } = this.#limits;
    const network = networkOf(address);
    const origin = this.#origins.get(network);
    if (this.#connections >= maxConnections) return 'connections';
    if (origin !== undefined && origin.connections >= maxConnectionsPerAddress) return 'connections-per-address';
    if (origin?.rate.has(nowMs) === false) return 'connection-rate-per-address';
    if (!this.#rate.take(nowMs)) return 'connection-rate';
    const admitted = origin ?? this.#remember(network, nowMs);
    admitted.rate.take(nowMs);
    admitted.connections++;
    this.#connections++;
    return undefined;
  }

  /** An admitted connection has ended. */
  closed(address: string): void {
    const origin = this.#origins.get(networkOf(address));
    if (origin === undefined) return;
    origin.connections--;
    this.#connections--;
  }

  #remember(network: string, nowMs: number): Origin {
    const { connectionsPerSecondPerAddress: perSecond } = this.#limits;
    const origin = { connections: 0, rate: new TokenBucket(perSecond, burstSeconds * perSecond, nowMs) };
    this.#origins.set(network, origin);
    return origin;
  }

  #forget(nowMs: number): void {
    if (nowMs - this.#forgotMs < forgetAfterMs) return;
    this.#forgotMs = nowMs;
    for (const [network, { connections, rate }] of this.#origins) {
      if (connections === 0 && rate.isFull(nowMs)) this.#origins.delete(network);
    }
  }
}

/** What one host can choose its addresses from: itself in IPv4, a /64 in IPv6. */
export function networkOf(address: string): string {
  if (address.includes('.')) return address.slice(address.lastIndexOf(':') + 1);
  const [head = '', tail] = (address.split('%')[0] as string).split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail === undefined || tail === '' ? [] : tail.split(':');
  while (groups.length + behind.length < 8) groups.push('0');
  return [...groups, ...behind].slice(0, 4).join(':');
}
