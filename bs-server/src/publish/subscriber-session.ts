import { WireError } from '@edge-csi/proto';
import type { Connection, FrameHandler } from '../net/connection.ts';
import type { EstimateStream } from './estimate-stream.ts';

/** A subscriber of estimates. It only listens. */
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
