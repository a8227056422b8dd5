import { type ChannelEstimate, decodeFrame, paths } from '@edge-csi/proto';
import { openSocket } from './socket.ts';

/** Options of `subscribeEstimates`. */
export interface EstimateSubscriptionOptions {
  /** Base of the BS server, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  /** Called for every estimate, in the order of publishing. */
  readonly onEstimate: (estimate: ChannelEstimate) => void;
  readonly signal?: AbortSignal;
}

/** A running subscription to `/v1/estimates`. */
export interface EstimateSubscription {
  close(): Promise<void>;
}

/**
 * Subscribes to the channel estimates of every UE: the scheduler's or the precoder's end of the BS server.
 *
 * @throws WireError `connection-lost` where the server cannot be reached.
 */
export async function subscribeEstimates(options: EstimateSubscriptionOptions): Promise<EstimateSubscription> {
  const socket = await openSocket(`${options.url}${paths.estimates}`, options.signal, (bytes) => {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'estimate') options.onEstimate(frame.value);
  });
  return { close: () => socket.close() };
}
