/** What connections may cost the server. All of it has a default that one address alone cannot use up for everybody. */
export interface Limits {
  readonly maxUes: number;
  readonly maxPhyFeeds: number;
  readonly maxSubscribers: number;
  /**
   * TCP connections of every kind, HTTP included. Four times the sessions there may be where absent, since a UE fetches
   * its model beside its session.
   */
  readonly maxConnections: number;
  /** Of these, from one address (IPv6: one /64 network). Half of them where absent. */
  readonly maxConnectionsPerAddress: number;
  /** New TCP connections; bursts of two seconds' worth. */
  readonly connectionsPerSecond: number;
  /** Of these, from one address. */
  readonly connectionsPerSecondPerAddress: number;
  /** Reports a UE may send at once beyond the rate of its period. As many refused ones at once close its session. */
  readonly reportBurst: number;
  /** From the TCP connection to the upgrade, and from there to Hello. */
  readonly helloTimeoutMs: number;
  /** From the first byte of a WebSocket frame to its last. */
  readonly progressTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** Silence, pongs included, after which a connection is given up. */
  readonly idleTimeoutMs: number;
  /** Bytes waiting to be sent beyond which a subscriber misses estimates; beyond twice that any connection is cut. */
  readonly maxBufferedBytes: number;
}

type Derived = 'maxConnections' | 'maxConnectionsPerAddress';

const DEFAULT_LIMITS: Omit<Limits, Derived> = {
  maxUes: 1024,
  maxPhyFeeds: 16,
  maxSubscribers: 16,
  connectionsPerSecond: 1_000,
  connectionsPerSecondPerAddress: 500,
  reportBurst: 256,
  helloTimeoutMs: 5_000,
  progressTimeoutMs: 10_000,
  pingIntervalMs: 10_000,
  idleTimeoutMs: 30_000,
  maxBufferedBytes: 4 * 2 ** 20,
};

/** What a timer can hold. */
const maxDelayMs = 2 ** 31 - 1;

/** The least and the most that make sense; all are whole numbers. */
const bounds: { readonly [K in keyof Limits]: readonly [number, number] } = {
  maxUes: [1, 2 ** 16],
  maxPhyFeeds: [1, 2 ** 10],
  maxSubscribers: [1, 2 ** 10],
  maxConnections: [1, 2 ** 20],
  maxConnectionsPerAddress: [1, 2 ** 20],
  connectionsPerSecond: [1, 2 ** 20],
  connectionsPerSecondPerAddress: [1, 2 ** 20],
  reportBurst: [1, 2 ** 20],
  helloTimeoutMs: [1, maxDelayMs],
  progressTimeoutMs: [1, maxDelayMs],
  pingIntervalMs: [1, maxDelayMs],
  idleTimeoutMs: [1, maxDelayMs],
  maxBufferedBytes: [2 ** 16, 2 ** 30],
};

/**
 * Fills in the defaults and checks every value.
 *
 * @throws RangeError naming the limit, its value and its bounds.
 */
export function resolveLimits(given: Partial<Limits>): Limits {
  const set: Partial<Limits> = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const base = { ...DEFAULT_LIMITS, ...set };
  const { maxConnections = 4 * (base.maxUes + base.maxPhyFeeds + base.maxSubscribers) } = base;
  const { maxConnectionsPerAddress = Math.ceil(maxConnections / 2) } = base;
  const limits: Limits = { ...base, maxConnections, maxConnectionsPerAddress };
  for (const [name, value] of Object.entries(limits) as [keyof Limits, number][]) {
    if (!Object.hasOwn(bounds, name)) {
      throw new RangeError(`limits.${name} is not a limit, known are ${Object.keys(bounds).join(', ')}`);
    }
    requireWithin(name, value, ...bounds[name]);
  }
  requireWithin('pingIntervalMs', limits.pingIntervalMs, 1, limits.idleTimeoutMs);
  return limits;
}

function requireWithin(name: keyof Limits, value: number, min: number, max: number): void {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new RangeError(`limits.${name} is ${value}, must be an integer in ${min}..${max}`);
  }
}
