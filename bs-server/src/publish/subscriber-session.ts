import { WireError } from '@edge-csi/proto';
import type { Peer, Session } from '../net/peer.ts';
import type { EstimateStream } from './estimate-stream.ts';

/** A subscriber of estimates. It only listens. */
export class SubscriberSession implements Session {
  readonly #peer: Peer;
  readonly #stream: EstimateStream;

  constructor(peer: Peer, stream: EstimateStream) {
    this.#peer = peer;
    this.#stream = stream;
    stream.add(peer);
  }

  message(): void {
    throw new WireError('bad-frame', 'nothing is expected from a subscriber');
  }

  closed(): void {
    this.#stream.remove(this.#peer);
  }
}
