import { WireError } from './errors.ts';
import { readFrame, writeFrame } from './generated/codec.ts';
import type { Frame, FrameBodies, FrameKind } from './generated/messages.ts';

/**
 * Writes one frame.
 *
 * @returns bytes of its own, safe to keep and to transfer
 * @throws RangeError where a field is missing or outside what csi_feedback.proto says, naming it
 */
export function encodeFrame<K extends FrameKind>(kind: K, value: FrameBodies[K]): Uint8Array {
  const writer = writeFrame({ kind, value } as Frame);
  return writer.finishInto(new Uint8Array(writer.pos));
}

/**
 * Reads one frame and checks every field: presence, range, exact length.
 *
 * @param bytes one WebSocket message; the byte fields of the result are views on it
 * @throws WireError `bad-frame`, naming the field
 */
export function decodeFrame(bytes: Uint8Array): Frame {
  try {
    return readFrame(bytes);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new WireError('bad-frame', cause.message, { cause });
  }
}
