import { wireErrorOfStatus } from '@edge-csi/proto';
import { WebSocket } from 'ws';
import { pemOf } from './pem.ts';
import type { OpenFrameSocket } from './socket.ts';

/** Opens a WebSocket with `ws`. */
export const openFrameSocket: OpenFrameSocket = ({ url, subprotocol, token, tls, maxFrameBytes }, handlers) => {
  const socket = new WebSocket(url, subprotocol, {
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...pemOf(tls),
  });
  socket.binaryType = 'nodebuffer';
  let failure = '';
  let refusal: number | undefined;
  socket.on('open', () => handlers.onOpen());
  socket.on('message', (data: Buffer, isBinary) => handlers.onFrame(isBinary ? data : new Uint8Array(0)));
  // A BS that refuses for good says so before there is a WebSocket to close with a code.
  socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
    const error = wireErrorOfStatus(statusCode, headers['www-authenticate']);
    refusal = error.closeCode;
    failure = error.message;
    socket.terminate();
  });
  // Always followed by 'close', which has no reason of its own then.
  socket.on('error', (error) => {
    if (failure === '') failure = error.message;
  });
  socket.on('close', (code, reason) =>
    handlers.onClose(refusal ?? code, reason.length > 0 ? reason.toString() : failure),
  );
  return {
    send: (bytes) => socket.send(bytes),
    close: (code, reason) => socket.close(code, reason),
    terminate: () => socket.terminate(),
  };
};
