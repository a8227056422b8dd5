import { type ChannelEstimate, paths, type WireError } from '@edge-csi/proto';
import { openSocket } from './socket.ts';

/** Options of `subscribeEstimates`. */
export interface EstimateSubscriptionOptions {
  /** Base of the BS server, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  /** Shared secret, where the server asks for one. */
  readonly token?: string;
  /** Called for every estimate, in the order of publishing. */
  readonly onEstimate: (estimate: ChannelEstimate) => void;
  /** Gives up connecting; without effect once connected. */
  readonly signal?: AbortSignal;
}

/** A running subscription to `/v1/estimates`. Does not reconnect. */
export interface EstimateSubscription {
  /** Resolves when the connection has ended: with nothing after `close`, else with the reason. Never rejects. */
  readonly closed: Promise<WireError | undefined>;
  /** Safe twice. */
  close(): Promise<void>;
}

/**
 * Subscribes to the channel estimates of every UE: the scheduler's or the precoder's end of the BS server.
 *
 * @throws WireError `connection-lost` where the server cannot be reached. A refusal comes after, in `closed`.
 */
export async function subscribeEstimates(options: EstimateSubscriptionOptions): Promise<EstimateSubscription> {
  const { closed, close } = await openSocket({
    url: new URL(paths.estimates, options.url).href,
    token: options.token,
    signal: options.signal,
    onFrame: (frame) => {
      if (frame.kind === 'estimate') options.onEstimate(frame.value);
    },
  });
  return { closed, close };
}
