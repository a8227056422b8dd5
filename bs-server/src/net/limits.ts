import * as v from 'valibot';
import { integerIn, maxTimerMs, optionsOf } from '../ops/check.ts';

const count = integerIn(1, 2 ** 20);
const wholeMs = integerIn(1, maxTimerMs);

/** What connections may cost the server. All of it has a default that one address alone cannot use up for everybody. */
export const limitsSchema = v.pipe(
  optionsOf({
    maxUes: v.optional(integerIn(1, 2 ** 16), 1024),
    maxPhyFeeds: v.optional(integerIn(1, 2 ** 10), 16),
    maxSubscribers: v.optional(integerIn(1, 2 ** 10), 16),
    /**
     * TCP connections of every kind, HTTP included. Four times the sessions there may be where absent, since a UE fetches
     * its model beside its session.
     */
    maxConnections: v.optional(count),
    /** Of these, from one address (IPv6: one /64 network). Half of them where absent. */
    maxConnectionsPerAddress: v.optional(count),
    /** New TCP connections; bursts of two seconds' worth. */
    connectionsPerSecond: v.optional(count, 1_000),
    /** Of these, from one address. */
    connectionsPerSecondPerAddress: v.optional(count, 500),
    /** Reports a UE may send at once beyond the rate of its period. As many refused ones at once close its session. */
    reportBurst: v.optional(count, 256),
    /** From the TCP connection to the upgrade, and from there to Hello. */
    helloTimeoutMs: v.optional(wholeMs, 5_000),
    /** From the first byte of a WebSocket frame to its last. */
    progressTimeoutMs: v.optional(wholeMs, 10_000),
    pingIntervalMs: v.optional(wholeMs, 10_000),
    /** Silence, pongs included, after which a connection is given up. */
    idleTimeoutMs: v.optional(wholeMs, 30_000),
    /** Bytes waiting to be sent beyond which a subscriber misses estimates; beyond twice that any connection is cut. */
    maxBufferedBytes: v.optional(integerIn(2 ** 16, 2 ** 30), 4 * 2 ** 20),
  }),
  v.check(
    ({ pingIntervalMs, idleTimeoutMs }) => pingIntervalMs <= idleTimeoutMs,
    ({ input: { pingIntervalMs, idleTimeoutMs } }) =>
      `.pingIntervalMs is ${pingIntervalMs}, must be an integer in 1..${idleTimeoutMs}`,
  ),
  v.transform((limits) => {
    const { maxUes, maxPhyFeeds, maxSubscribers } = limits;
    const { maxConnections = 4 * (maxUes + maxPhyFeeds + maxSubscribers) } = limits;
    const { maxConnectionsPerAddress = Math.ceil(maxConnections / 2) } = limits;
    return { ...limits, maxConnections, maxConnectionsPerAddress };
  }),
);

/** Bounds on what peers may cost a server; see the fields of `bsServerDefaults.limits`. */
export type Limits = Readonly<v.InferOutput<typeof limitsSchema>>;

/** Admits events at a rate, with bursts. Time comes in as an argument; where it runs backwards nothing is gained. */
export class TokenBucket {
  readonly #capacity: number;
  #perMs: number;
  #tokens: number;
  #atMs: number;

  /** @param capacity - events at once, after a pause */
  constructor(perSecond: number, capacity: number, nowMs: number) {
    this.#capacity = capacity;
    this.#perMs = perSecond / 1000;
    this.#tokens = capacity;
    this.#atMs = nowMs;
  }

  /** Changes the rate from now on. */
  setRate(perSecond: number, nowMs: number): void {
    this.#refill(nowMs);
    this.#perMs = perSecond / 1000;
  }

  /** Whether `take` would admit an event. */
  has(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= 1;
  }

  /** Whether nothing has been taken that has not come back. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens === this.#capacity;
  }

  /** @returns false where the event is one too many; it costs nothing then */
  take(nowMs: number): boolean {
    if (!this.has(nowMs)) return false;
    this.#tokens--;
    return true;
  }

  #refill(nowMs: number): void {
    if (nowMs <= this.#atMs) return;
    this.#tokens = Math.min(this.#capacity, this.#tokens + (nowMs - this.#atMs) * this.#perMs);
    this.#atMs = nowMs;
  }
}
