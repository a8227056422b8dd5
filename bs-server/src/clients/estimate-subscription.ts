import type { AngularDelayCsi } from '@edge-csi/csi';
import { type ChannelEstimate, paths, readCsiMatrixInto, type WireError } from '@edge-csi/proto';
import { type ClientOptions, openSocket } from './socket.ts';

/** The downlink CSI of one UE and slot as the BS knows it, with what it rests on (`quality`) and how old it is (`ageMs`). */
export interface Estimate extends Omit<ChannelEstimate, 'csi'> {
  readonly csi: AngularDelayCsi;
}

/** Options of `subscribeEstimates`. */
export interface EstimateSubscriptionOptions extends ClientOptions {
  /** Called for every estimate, in the order of publishing. */
  readonly onEstimate: (estimate: Estimate) => void;
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
 * @example
 * const subscription = await subscribeEstimates({
 *   url: 'ws://127.0.0.1:8080',
 *   onEstimate: ({ ueId, slot, quality, csi }) => precoder.update(ueId, slot, quality, csi.values),
 * });
 */
export async function subscribeEstimates(options: EstimateSubscriptionOptions): Promise<EstimateSubscription> {
  const { closed, close } = await openSocket({
    ...options,
    path: paths.estimates,
    onFrame: (frame) => {
      if (frame.kind === 'estimate') options.onEstimate(estimateOf(frame.value));
    },
  });
  return { closed, close };
}

function estimateOf({ csi, ...rest }: ChannelEstimate): Estimate {
  const { numAntennas, numDelays } = csi;
  const values = new Float32Array(2 * numAntennas * numDelays);
  readCsiMatrixInto(values, csi);
  return { ...rest, csi: { domain: 'angular-delay', numAntennas, numDelays, values } };
}
