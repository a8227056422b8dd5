import { type ChannelEstimate, paths, type WireError } from '@edge-csi/proto';
import { type ConnectionOptions, openSocket } from './socket.ts';

/** Options of `subscribeEstimates`. */
export interface EstimateSubscriptionOptions extends ConnectionOptions {
  /** Called for every estimate, in the order of publishing. */
  readonly onEstimate: (estimate: ChannelEstimate) => void;
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
 * @throws WireError `unauthorized` where the server refuses the token; `connection-lost` where it cannot be reached.
 * Another refusal comes after, in `closed`.
 */
export async function subscribeEstimates(options: EstimateSubscriptionOptions): Promise<EstimateSubscription> {
  const { closed, close } = await openSocket({
    ...options,
    path: paths.estimates,
    onFrame: (frame) => {
      if (frame.kind === 'estimate') options.onEstimate(frame.value);
    },
  });
  return { closed, close };
}
