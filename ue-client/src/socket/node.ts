import { WebSocket } from 'ws';
import type { OpenFrameSocket } from './socket.ts';

/** Opens a WebSocket with `ws`. */
export const openFrameSocket: OpenFrameSocket = ({ url, subprotocol, maxFrameBytes }, handlers) => {
  const socket = new WebSocket(url, subprotocol, { maxPayload: maxFrameBytes, perMessageDeflate: false });
  socket.binaryType = 'nodebuffer';
  let failure = '';
  socket.on('open', () => handlers.onOpen());
  socket.on('message', (data: Buffer, isBinary) => handlers.onFrame(isBinary ? data : new Uint8Array(0)));
  // Always followed by 'close', which has no reason of its own then.
  socket.on('error', (error) => {
    failure = error.message;
  });
  socket.on('close', (code, reason) => handlers.onClose(code, reason.length > 0 ? reason.toString() : failure));
  return {
    send: (bytes) => socket.send(bytes),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
};
