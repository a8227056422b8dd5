import type { AngularDelayCsi } from '@edge-csi/csi';
import {
  type CsiEncoding,
  csiMatrixOf,
  decodeFrame,
  encodeFrame,
  paths,
  type WireError,
  wireErrorOf,
} from '@edge-csi/proto';
import { openSocket, type Socket } from './socket.ts';

/** Options of `connectPhyFeed`. */
export interface PhyFeedOptions {
  /** Base of the BS server, e.g. `ws://127.0.0.1:8080`. */
  readonly url: string;
  /** Precision on the wire, default float32. */
  readonly encoding?: CsiEncoding;
  /** Called for every uplink matrix the server refuses. */
  readonly onReject?: (error: WireError) => void;
  readonly signal?: AbortSignal;
}

/** The base band's end of `/v1/phy`: hands raw uplink CSI to the BS server. */
export interface PhyFeed {
  /** Sends the uplink CSI of one UE and slot; returns at once, the socket buffers. */
  send(ueId: string, slot: number, uplink: AngularDelayCsi): void;
  /** Bytes accepted by `send` and not yet on the network. */
  readonly bufferedBytes: number;
  close(): Promise<void>;
}

/**
 * Connects a PHY feed.
 *
 * @throws WireError `connection-lost` where the server cannot be reached.
 */
export async function connectPhyFeed(options: PhyFeedOptions): Promise<PhyFeed> {
  const { encoding = 'float32', onReject } = options;
  const socket: Socket = await openSocket(`${options.url}${paths.phy}`, options.signal, (bytes) => {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'reject') onReject?.(wireErrorOf(frame.value));
  });
  return {
    send: (ueId, slot, uplink) =>
      socket.send(encodeFrame('uplink', { ueId, slot, csi: csiMatrixOf(uplink, encoding) })),
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    close: () => socket.close(),
  };
}
