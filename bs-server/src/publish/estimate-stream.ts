import { type ChannelEstimate, encodeFrame } from '@edge-csi/proto';

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

  /** @param estimate - makes the message; called only where somebody takes it */
  publish(estimate: () => ChannelEstimate): void {
    let frame: Uint8Array | undefined;
    for (const subscriber of this.#subscribers) {
      if (subscriber.bufferedBytes > this.#maxBufferedBytes) {
        this.#skipped++;
        continue;
      }
      frame ??= encodeFrame('estimate', estimate());
      subscriber.send(frame);
      this.#sent++;
    }
  }
}
