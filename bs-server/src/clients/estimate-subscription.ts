import { type AngularDelayCsi, type ChannelPaths, pathsAfter } from '@edge-csi/csi';
import {
  type ChannelEstimate,
  type CsiMatrix,
  type EstimateForm,
  encodeFrame,
  paths,
  readCsiMatrixInto,
  readCsiPaths,
  type WireError,
} from '@edge-csi/proto';
import { type ClientOptions, openSocket } from './socket.ts';

/** The downlink CSI of one UE and slot as the BS knows it, with what it rests on (`quality`) and how old it is (`ageMs`). */
export interface Estimate extends Omit<ChannelEstimate, 'csi' | 'paths'> {
  readonly csi: AngularDelayCsi;
}

/** The same with the paths that it is made of, strongest first, for `evaluatePaths`; or, where it has none, with its matrix. */
export type PathEstimate = Omit<Estimate, 'csi'> &
  (
    | {
        readonly paths: ChannelPaths;
        readonly csi: AngularDelayCsi | undefined;
        /**
         * The paths at another slot: turned on at their Doppler shifts, and fading as these get unsure, where the report tells
         * any; else as they are.
         */
        at(slot: number): ChannelPaths;
      }
    | { readonly paths: undefined; readonly csi: AngularDelayCsi; readonly at?: undefined }
  );

/** Options of `subscribeEstimates`. */
export interface EstimateSubscriptionOptions extends ClientOptions {
  readonly form?: 'matrix';
  /** Called for every estimate, in the order of publishing. */
  readonly onEstimate: (estimate: Estimate) => void;
}

/** Options of `subscribeEstimates` for whoever wants paths. */
export interface PathSubscriptionOptions extends ClientOptions {
  /** Whether paths come in place of the matrix or beside it. What is not made of paths comes as its matrix. */
  readonly form: Exclude<EstimateForm, 'matrix'>;
  /** Called for every estimate, in the order of publishing. */
  readonly onEstimate: (estimate: PathEstimate) => void;
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
 * @example
 * await subscribeEstimates({
 *   url: 'ws://127.0.0.1:8080',
 *   form: 'paths',
 *   onEstimate: ({ ueId, slot, at }) => at && precoder.update(ueId, evaluatePaths(at(slot + 5), { subcarriers: [0, 512] })),
 * });
 */
export async function subscribeEstimates(
  options: EstimateSubscriptionOptions | PathSubscriptionOptions,
): Promise<EstimateSubscription> {
  const { closed, close, send } = await openSocket({
    ...options,
    path: paths.estimates,
    onFrame: (frame) => {
      if (frame.kind === 'estimate') deliver(frame.value, options);
    },
  });
  // A server that has never heard of forms sends matrices.
  if (isOfPaths(options)) send(encodeFrame('subscribe', { form: options.form }));
  return { closed, close };
}

type Options = EstimateSubscriptionOptions | PathSubscriptionOptions;

function isOfPaths(options: Options): options is PathSubscriptionOptions {
  return options.form !== undefined && options.form !== 'matrix';
}

function deliver({ csi, paths: sent, ...rest }: ChannelEstimate, options: Options): void {
  const matrix = csi && matrixOf(csi);
  if (isOfPaths(options) && sent !== undefined) {
    const ofSlot = readCsiPaths(sent);
    const at = (slot: number) => pathsAfter(ofSlot, (slot - rest.slot) | 0);
    options.onEstimate({ ...rest, csi: matrix, paths: ofSlot, at });
  } else if (matrix !== undefined) {
    options.onEstimate({ ...rest, csi: matrix, paths: undefined });
  }
}

function matrixOf(csi: CsiMatrix): AngularDelayCsi {
  const { numAntennas, numDelays } = csi;
  const values = new Float32Array(2 * numAntennas * numDelays);
  readCsiMatrixInto(values, csi);
  return { domain: 'angular-delay', numAntennas, numDelays, values };
}
