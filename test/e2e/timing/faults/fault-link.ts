import type { Socket } from 'node:net';

/** From the client to the server, or back. */
export type Direction = 'up' | 'down';

/** One TCP connection through the proxy, and what it does to the bytes that pass. Nothing happens to it by itself. */
export class FaultLink {
  readonly #ends: readonly [Socket, Socket];
  readonly #flows: Readonly<Record<Direction, Flow>>;

  /** @param client - the end that the client connected to; `server` leads on to the server */
  constructor(client: Socket, server: Socket) {
    this.#ends = [client, server];
    this.#flows = {
      up: new Flow(client, server, () => this.reset()),
      down: new Flow(server, client, () => this.reset()),
    };
  }

  /** Bytes that came in and are not passed on: waiting, or swallowed. */
  withheldBytes(direction: Direction): number {
    return this.#flows[direction].withheldBytes;
  }

  /** Passes everything on that much later, both ways, in order. */
  delay(ms: number): void {
    for (const flow of this.#both()) flow.delayMs = ms;
  }

  /** Stops reading and passes nothing on until `resume`: the sender runs full in the end. */
  stall(...directions: readonly Direction[]): void {
    for (const direction of directions) this.#flows[direction].stall();
  }

  resume(): void {
    for (const flow of this.#both()) flow.resume();
  }

  /** Swallows everything both ways, the ends of the connection included, until `reset`. */
  blackHole(): void {
    for (const flow of this.#both()) flow.swallow();
  }

  /** Passes so many more bytes on, then resets the connection. */
  resetAfter(direction: Direction, bytes: number): void {
    this.#flows[direction].bytesLeft = bytes;
  }

  /** Ends one direction; the other goes on. */
  halfClose(direction: Direction): void {
    this.#flows[direction].end();
  }

  /** Resets the connection at both ends. */
  reset(): void {
    for (const flow of this.#both()) flow.stop();
    for (const end of this.#ends) if (!end.destroyed) end.resetAndDestroy();
  }

  #both(): Flow[] {
    return [this.#flows.up, this.#flows.down];
  }
}

interface Chunk {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

/** One direction of a link. */
class Flow {
  delayMs = 0;
  bytesLeft = Number.POSITIVE_INFINITY;
  readonly #source: Socket;
  readonly #sink: Socket;
  readonly #reset: () => void;
  readonly #chunks: Chunk[] = [];
  #swallowedBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #mode: 'pass' | 'stall' | 'swallow' = 'pass';
  /** What the source did last, once its bytes are through. */
  #over: 'ended' | 'broken' | undefined;

  constructor(source: Socket, sink: Socket, reset: () => void) {
    this.#source = source;
    this.#sink = sink;
    this.#reset = reset;
    source.on('data', (bytes: Buffer) => this.#take(bytes));
    source.on('end', () => this.#finish('ended'));
    source.on('error', () => this.#finish('broken'));
    source.on('close', () => this.#finish('broken'));
  }

  get withheldBytes(): number {
    return this.#chunks.reduce((sum, { bytes }) => sum + bytes.length, this.#swallowedBytes);
  }

  stall(): void {
    this.#mode = 'stall';
    this.#source.pause();
  }

  swallow(): void {
    this.#mode = 'swallow';
    for (const { bytes } of this.#chunks.splice(0)) this.#swallowedBytes += bytes.length;
  }

  resume(): void {
    if (this.#mode !== 'stall') return;
    this.#mode = 'pass';
    this.#source.resume();
    this.#pass();
  }

  end(): void {
    this.#finish('ended');
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#mode = 'swallow';
  }

  #take(bytes: Buffer): void {
    if (this.#mode === 'swallow') {
      this.#swallowedBytes += bytes.length;
      return;
    }
    this.#chunks.push({ bytes, dueMs: performance.now() + this.delayMs });
    this.#pass();
  }

  #finish(over: 'ended' | 'broken'): void {
    this.#over ??= over;
    this.#pass();
  }

  /** Passes on what is due, and looks again when the next chunk is. */
  #pass(): void {
    clearTimeout(this.#timer);
    if (this.#mode !== 'pass') return;
    for (let next = this.#chunks[0]; next !== undefined; next = this.#chunks[0]) {
      const waitMs = next.dueMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pass(), waitMs);
        return;
      }
      this.#chunks.shift();
      this.#write(next.bytes);
    }
    if (this.#over === 'ended' && !this.#sink.destroyed) this.#sink.end();
    else if (this.#over === 'broken') this.#sink.destroy();
  }

  #write(bytes: Buffer): void {
    if (this.#sink.destroyed || this.#sink.writableEnded) return;
    this.#sink.write(bytes.subarray(0, this.bytesLeft));
    this.bytesLeft -= bytes.length;
    if (this.bytesLeft <= 0) this.#reset();
  }
}
