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

interface FrameSocketOptions {
  readonly url: string;
  readonly subprotocol: string;
  /** Larger messages end the connection, where the platform can. */
  readonly maxFrameBytes: number;
}

export type OpenFrameSocket = (options: FrameSocketOptions, handlers: FrameSocketHandlers) => FrameSocket;
