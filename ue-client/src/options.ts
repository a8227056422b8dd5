import type { ReportBundle } from '@edge-csi/models';
import type { ReportConfig, ReportOutcome, WireError } from '@edge-csi/proto';
import { systemClock, tlsProblem } from '#platform';
import { type EncoderChoice, requireEncoderChoice } from './encoder.ts';
import type { ClientAgent, ClientTls, Clock } from './platform/platform.ts';
import type { BackoffOptions } from './wait.ts';

/** How a UE stands with its BS. `closed` is final. */
export type UeState = 'connecting' | 'ready' | 'reconnecting' | 'closed';

/** What became of one sent report; `lost` where the connection ended before the BS said. */
export interface ReportResult {
  readonly epoch: number;
  readonly seq: number;
  readonly slot: number;
  readonly outcome: ReportOutcome | 'lost';
  /** From the report being handed to the socket to its outcome being known here. */
  readonly roundTripMs: number;
}

/** Called synchronously; what they throw is not caught. */
export interface UeEvents {
  /** Once for every sent report. */
  readonly onAck?: (result: ReportResult) => void;
  /** The BS refused one report; `seq` of the error says which. */
  readonly onReject?: (error: WireError) => void;
  /** A configuration came into force: every later report is made under it. */
  readonly onReconfigure?: (config: ReportConfig) => void;
  /** `error` says why, where something went wrong. */
  readonly onStateChange?: (state: UeState, error?: Error) => void;
}

/** How a UE comes back after its connection is lost. */
export interface ReconnectOptions extends Partial<BackoffOptions> {
  /** Keep trying where the very first connection fails; otherwise `connectUe` rejects then. */
  readonly waitOnFirstConnect?: boolean;
}

export interface ConnectOptions extends UeEvents {
  /** Base URL of the BS, ws: or wss:, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  /** 1..64 characters of A-Z a-z 0-9 . _ : - */
  readonly ueId: string;
  /**
   * Signed token, where the BS asks for one. A function is asked before every attempt to connect, so that a token that
   * has expired is followed by a fresh one; what it throws ends the UE unless it is a WireError that is retryable.
   */
  readonly token?: string | (() => string | Promise<string>);
  /** For wss:, in Node: who to trust, and who this UE is. */
  readonly tls?: ClientTls;
  /** In Node, what opens the connections, to the WebSocket and to the models: an agent of `node:http` or `node:https`, as of a proxy. */
  readonly agent?: ClientAgent;
  /** A model at hand, loaded with its encoder. Any other, or another version of it, that the BS asks for is fetched from the BS. */
  readonly model?: ReportBundle;
  /** Gives up connecting; without effect once `connectUe` has resolved. */
  readonly signal?: AbortSignal;
  /** Waits between attempts after the connection is lost. */
  readonly reconnect?: ReconnectOptions;
  /** Made-up reports run through a new model before its first real one. */
  readonly warmUpRuns?: number;
  /** What computes the reports; default `ort`. */
  readonly encoder?: EncoderChoice;
  readonly clock?: Clock;
  /** Longest wait from opening a connection to the BS's Welcome. */
  readonly handshakeTimeoutMs?: number;
  /** A connection on which a report stays unanswered for this long counts as lost. */
  readonly ackTimeoutMs?: number;
  /** Longest wait for the BS to complete the closing handshake. */
  readonly closeTimeoutMs?: number;
  /** Reports sent and not yet answered; further ones wait. */
  readonly maxUnacknowledged?: number;
  /** Reports waiting to be encoded while connected; over it, the oldest is superseded. One while disconnected. */
  readonly maxWaiting?: number;
}

/** What an option is where it is left out; the others have no default. */
export const ueDefaults = {
  token: '' as NonNullable<ConnectOptions['token']>,
  warmUpRuns: 50,
  encoder: 'ort' as EncoderChoice,
  clock: systemClock as Clock,
  handshakeTimeoutMs: 10_000,
  ackTimeoutMs: 30_000,
  closeTimeoutMs: 1_000,
  maxUnacknowledged: 256,
  maxWaiting: 64,
  reconnect: {
    minDelayMs: 100,
    maxDelayMs: 10_000,
    random: (): number => (crypto.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32,
    waitOnFirstConnect: false,
  },
} as const;

type Defaults = typeof ueDefaults;

/** Options with every default filled in. */
export type ResolvedOptions = Omit<ConnectOptions, keyof Defaults | 'tls' | 'agent'> & {
  readonly [K in Exclude<keyof Defaults, 'reconnect'>]: NonNullable<ConnectOptions[K]>;
} & {
  readonly reconnect: Required<ReconnectOptions>;
  readonly tls: ClientTls | undefined;
  readonly agent: ClientAgent | undefined;
};

/** @throws TypeError or RangeError naming an option that makes no sense */
export function resolveOptions(options: ConnectOptions): ResolvedOptions {
  const reconnect = { ...ueDefaults.reconnect, ...withoutUndefined(options.reconnect ?? {}) };
  const resolved = { ...ueDefaults, tls: undefined, agent: undefined, ...withoutUndefined(options), reconnect };
  requireEncoderChoice(resolved.encoder);
  const { protocol } = new URL(resolved.url);
  if (protocol !== 'ws:' && protocol !== 'wss:') {
    throw new TypeError(`url is ${resolved.url}, must start with ws: or wss:`);
  }
  for (const name of ['maxUnacknowledged', 'maxWaiting'] as const) {
    const value = resolved[name];
    if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} is ${value}, must be at least 1`);
  }
  const { warmUpRuns, handshakeTimeoutMs, ackTimeoutMs, closeTimeoutMs } = resolved;
  const { minDelayMs, maxDelayMs } = reconnect;
  const numbers = { warmUpRuns, handshakeTimeoutMs, ackTimeoutMs, closeTimeoutMs, minDelayMs, maxDelayMs };
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value) || value < 0) throw new RangeError(`${name} is ${value}, must be finite, at least 0`);
  }
  const problem = resolved.tls && tlsProblem(resolved.tls);
  if (problem !== undefined) throw new RangeError(`tls${problem}`);
  return resolved;
}

/** An option given as undefined is one not given. */
function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}
