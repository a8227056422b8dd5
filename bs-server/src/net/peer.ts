import type { Refusal } from '@edge-csi/proto';
import type { Access } from './access-token.ts';

/** One WebSocket connection, as a session sees it. */
export interface Peer {
  /** What its token says, where the server asks for one. */
  readonly access: Access | undefined;
  /** Bytes handed over and not yet taken by the other end. */
  readonly bufferedBytes: number;
  /** True until this end has decided to close, or the other end is gone. */
  readonly open: boolean;
  /** Sends a frame; cuts the connection where the other end has stopped reading. Does nothing once closed. */
  send(frame: Uint8Array): void;
  /** Sends a Reject, and closes the connection where the error table says so. */
  reject(error: Refusal): void;
  /** Rejects with a WireError as it is; logs anything else and rejects with `internal`. */
  fail(error: unknown): void;
  /** Asks the other end for a sign of life. */
  isAlive(timeoutMs: number): Promise<boolean>;
  /** Drops the connection without a word. */
  terminate(): void;
}

/** What a connection is for. */
export interface Session {
  /**
   * Takes a binary message.
   *
   * @throws WireError what the other end is told; one with a close code ends the connection.
   */
  message(bytes: Uint8Array): void;
  /** The connection is gone. Called once. */
  closed(): void;
}

/** Makes the session of a connection that has just opened. */
export type OpenSession = (peer: Peer) => Session;
