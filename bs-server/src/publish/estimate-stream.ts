import { type ChannelPaths, CsiError } from '@edge-csi/csi';
import {
  type ChannelEstimate,
  type CsiMatrix,
  type CsiPaths,
  csiPathsOf,
  decodeFrame,
  type EstimateForm,
  encodeFrame,
  WireError,
} from '@edge-csi/proto';
import type { Connection, FrameHandler } from '../net/connection.ts';

/** An estimate as its matrix, with what reads the paths that it is made of, if it is. */
export interface PublishedEstimate extends ChannelEstimate {
  readonly csi: CsiMatrix;
  readonly paths?: undefined;
  readonly readPaths?: (() => ChannelPaths) | undefined;
}

/** Whoever listens to estimates. */
export interface Subscriber {
  /** Bytes handed over and not yet taken by the other end. */
  readonly bufferedBytes: number;
  send(frame: Uint8Array): void;
}

/**
 * Sends estimates to every subscriber, in the form that it wants.
 *
 * An estimate is worth something while it is new: a subscriber that does not keep up misses estimates, counted, until
 * it has caught up, and holds nobody else back.
 */
export class EstimateStream {
  readonly #maxBufferedBytes: number;
  readonly #subscribers = new Map<Subscriber, EstimateForm>();
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

  /** Adds a subscriber, or gives one that is there another form. */
  add(subscriber: Subscriber, form: EstimateForm = 'matrix'): void {
    this.#subscribers.set(subscriber, form);
  }

  remove(subscriber: Subscriber): void {
    this.#subscribers.delete(subscriber);
  }

  publish(estimate: PublishedEstimate): void {
    // Each form is made once, and only where somebody takes it.
    const frames: { [form in EstimateForm]?: Uint8Array } = {};
    let paths: CsiPaths | undefined;
    for (const [subscriber, wanted] of this.#subscribers) {
      if (subscriber.bufferedBytes > this.#maxBufferedBytes) {
        this.#skipped++;
        continue;
      }
      if (wanted !== 'matrix') paths ??= pathsOf(estimate);
      const form = paths === undefined ? 'matrix' : wanted;
      frames[form] ??= encodeFrame('estimate', inForm(form, estimate, paths));
      subscriber.send(frames[form]);
      this.#sent++;
    }
  }
}

/** The paths of an estimate; undefined where it is made of none. */
function pathsOf({ readPaths }: PublishedEstimate): CsiPaths | undefined {
  try {
    return readPaths && csiPathsOf(readPaths());
  } catch (error) {
    // A worker of another release has decoded what does not decode here: its matrix stands.
    if (error instanceof CsiError) return undefined;
    throw error;
  }
}

function inForm(form: EstimateForm, estimate: PublishedEstimate, paths: CsiPaths | undefined): ChannelEstimate {
  if (form === 'matrix') return estimate;
  return form === 'paths' ? { ...estimate, csi: undefined, paths } : { ...estimate, paths };
}

/** A subscriber's connection. It listens, and may say in which form. */
export class SubscriberSession implements FrameHandler {
  readonly #connection: Connection;
  readonly #stream: EstimateStream;

  constructor(connection: Connection, stream: EstimateStream) {
    this.#connection = connection;
    this.#stream = stream;
    stream.add(connection);
  }

  message(bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (frame.kind !== 'subscribe') {
      throw new WireError('bad-frame', `${frame.kind} is not expected from a subscriber`);
    }
    this.#stream.add(this.#connection, frame.value.form);
  }

  closed(): void {
    this.#stream.remove(this.#connection);
  }
}
