import type { AngularDelayCsi } from '@edge-csi/csi';
import { type CsiEncoding, csiMatrixOf, encodeFrame, paths, type WireError, wireErrorOf } from '@edge-csi/proto';
import { type ClientOptions, openSocket } from './socket.ts';

/** Options of `connectPhyFeed`. */
export interface PhyFeedOptions extends ClientOptions {
  /** Precision on the wire, default float32. */
  readonly encoding?: CsiEncoding;
  /** Called for every uplink matrix the server refuses; the feed goes on. */
  readonly onReject?: (error: WireError) => void;
}

/** The base band's end of `/v1/phy`: hands raw uplink CSI to the BS server. Does not reconnect. */
export interface PhyFeed {
  /**
   * Sends the uplink CSI of one UE and slot. Returns at once: the socket buffers.
   *
   * @throws WireError `closed` after `close`; the reason of `closed` where the connection has ended otherwise.
   */
  send(ueId: string, slot: number, uplink: AngularDelayCsi): void;
  /** Bytes handed to `send` and not yet on the network. */
  readonly bufferedBytes: number;
  /** Resolves when the connection has ended: with nothing after `close`, else with the reason. Never rejects. */
  readonly closed: Promise<WireError | undefined>;
  /** Safe twice. */
  close(): Promise<void>;
}

/**
 * Connects a PHY feed.
 *
 * @throws WireError `unauthorized` where the server refuses the token; `connection-lost` where it cannot be reached.
 * Another refusal comes after, in `closed`.
 */
export async function connectPhyFeed(options: PhyFeedOptions): Promise<PhyFeed> {
  const { encoding = 'float32', onReject } = options;
  const socket = await openSocket({
    ...options,
    path: paths.phy,
    onFrame: (frame) => {
      if (frame.kind === 'reject') onReject?.(wireErrorOf(frame.value));
    },
  });
  return {
    send: (ueId, slot, uplink) =>
      socket.send(encodeFrame('uplink', { ueId, slot, csi: csiMatrixOf(uplink, encoding) })),
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    closed: socket.closed,
    close: () => socket.close(),
  };
}
