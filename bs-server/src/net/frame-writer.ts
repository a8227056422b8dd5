import type { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';

/** Longest payload whose length stands in the second byte of its frame. */
const maxShortBytes = 125;
/** Final fragment, binary (RFC 6455, 5.2). */
const finalBinary = 0x82;
/** Longer frames of one tick wait for each other up to this size. */
const maxGatheredBytes = 2 ** 16;

/**
 * Sends binary messages on an upgraded socket with few system calls, which are most of what a report costs a server: an
 * acknowledgement takes one write instead of one for header and payload each, and the estimates of a batch, which
 * leave in one tick, share theirs.
 */
export class FrameWriter {
  readonly #webSocket: WebSocket;
  readonly #socket: Duplex;
  /** Bytes that wait for the end of the tick. */
  #gatheredBytes = 0;

  /** @param socket - what the WebSocket writes to. It negotiated no extension: its frames go out as they are made. */
  constructor(webSocket: WebSocket, socket: Duplex) {
    this.#webSocket = webSocket;
    this.#socket = socket;
  }

  /** Sends one message on an open WebSocket, after all that were sent before. */
  send(message: Uint8Array): void {
    if (message.length <= maxShortBytes) {
      const frame = Buffer.allocUnsafe(2 + message.length);
      frame[0] = finalBinary;
      frame[1] = message.length;
      frame.set(message, 2);
      this.#socket.write(frame);
      return;
    }
    if (this.#gatheredBytes === 0) {
      this.#socket.cork();
      process.nextTick(() => this.#flush());
    }
    this.#gatheredBytes += message.length;
    this.#webSocket.send(message);
    if (this.#gatheredBytes >= maxGatheredBytes) this.#flush();
  }

  #flush(): void {
    if (this.#gatheredBytes === 0) return;
    this.#gatheredBytes = 0;
    this.#socket.uncork();
  }
}
