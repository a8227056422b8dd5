/** A monotonic clock; its origin means nothing. */
export interface Clock {
  /** Milliseconds, never less than before. */
  nowMs(): number;
}

/** An HTTP response whose body has not been read. */
export interface HttpResponse {
  readonly status: number;
  /** Read to its end, or left early, which drops the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Gets a file from the BS, following no redirect.
 *
 * @throws Error what went wrong on the way; the signal's reason where it aborts
 */
export type HttpGet = (
  url: URL,
  reach: Pick<FrameSocketOptions, 'tls' | 'agent'>,
  signal: AbortSignal,
) => Promise<HttpResponse>;

/** A WebSocket that carries binary messages, on either platform. */
export interface FrameSocket {
  send(bytes: Uint8Array): void;
  /** Starts the closing handshake. Safe in any state. */
  close(code: number, reason: string): void;
  /** Drops the connection without a handshake, where the platform can. Safe in any state. */
  terminate(): void;
}

interface FrameSocketHandlers {
  onOpen(): void;
  /** A text message is no frame: it arrives as an empty one. */
  onFrame(bytes: Uint8Array): void;
  /** Called once, last, whether the socket ever opened or not. */
  onClose(code: number, reason: string): void;
}

/** Who a UE trusts and who it is, as PEM, where the URL is wss:. In Node only: a browser has a store of its own. */
export interface ClientTls {
  /** Authorities of the BS's certificate; the system's where absent. */
  readonly ca?: string | Uint8Array;
  /** Certificate and key of the UE, where the BS asks for them. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

/** What is wrong with TLS options, going on from their name; undefined where nothing is. */
export type TlsProblem = (tls: ClientTls) => string | undefined;

/**
 * What opens the connections in Node, as one of a proxy does: an `Agent` of `node:http` or `node:https`. Declared as an object, so that
 * programs without Node's types compile.
 */
export type ClientAgent = object;

interface FrameSocketOptions {
  readonly url: string;
  readonly subprotocol: string;
  /** Shown in the upgrade request; empty: none. */
  readonly token: string;
  readonly tls: ClientTls | undefined;
  readonly agent?: ClientAgent | undefined;
  /** Larger messages end the connection, where the platform can. */
  readonly maxFrameBytes: number;
}

export type OpenFrameSocket = (options: FrameSocketOptions, handlers: FrameSocketHandlers) => FrameSocket;
