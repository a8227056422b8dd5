import { type ChannelEstimate, encodeFrame, WireError } from '@edge-csi/proto';
import type { Connection, FrameHandler } from '../net/connection.ts';

/** Whoever listens to estimates. */
export interface Subscriber {
  /** Bytes handed over and not yet taken by the other end. */
  readonly bufferedBytes: number;
  send(frame: Uint8Array): void;
}

/**
 * Sends estimates to every subscriber.
 *
 * An estimate is worth something while it is new: a subscriber that does not keep up misses estimates, counted, until
 * it has caught up, and holds nobody else back.
 */
export class EstimateStream {
  readonly #maxBufferedBytes: number;
  readonly #subscribers = new Set<Subscriber>();
  #sent = 0;
  #skipped = 0;

  /** @param maxBufferedBytes - unsent bytes beyond which a subscriber gets no more */
  constructor(maxBufferedBytes: number) {
    this.#maxBufferedBytes = maxBufferedBytes;
  }

  /** Subscribers at present. */
  get subscribers(): number {
    return this.#subscribers.size;
  }

  /** Estimates handed to a subscriber, each counted once per subscriber. */
  get sent(): number {
    return this.#sent;
  }

  /** Estimates that a subscriber missed because it did not keep up. */
  get skipped(): number {
    return this.#skipped;
  }

  add(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  publish(estimate: ChannelEstimate): void {
    let frame: Uint8Array | undefined;
    for (const subscriber of this.#subscribers) {
      if (subscriber.bufferedBytes > this.#maxBufferedBytes) {
        this.#skipped++;
        continue;
      }
      frame ??= encodeFrame('estimate', estimate);
      subscriber.send(frame);
      this.#sent++;
    }
  }
}

/** A subscriber's connection. It only listens. */
export class SubscriberSession implements FrameHandler {
  readonly #connection: Connection;
  readonly #stream: EstimateStream;

  constructor(connection: Connection, stream: EstimateStream) {
    this.#connection = connection;
    this.#stream = stream;
    stream.add(connection);
  }

  message(): void {
    throw new WireError('bad-frame', 'nothing is expected from a subscriber');
  }

  closed(): void {
    this.#stream.remove(this.#connection);
  }
}
