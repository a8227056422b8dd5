import { tokenSubprotocolPrefix } from '@edge-csi/proto';
import type { Clock, HttpGet, OpenFrameSocket, TlsProblem } from './platform.ts';

/** Milliseconds since the page was opened. */
export const systemClock: Clock = { nowMs: () => performance.now() };

/** Gets with `fetch`; TLS is the browser's own. */
export const httpGet: HttpGet = async (url, _reach, signal) => {
  const response = await fetch(url, { signal, redirect: 'error' });
  return { status: response.status, body: chunksOf(response) };
};

/** Not every browser lets a stream be iterated. */
async function* chunksOf({ body }: Response): AsyncGenerator<Uint8Array> {
  const reader = body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel();
  }
}

/** TLS options are refused where a socket is opened. */
export const tlsProblem: TlsProblem = () => undefined;

/** Opens a WebSocket with the browser's own class, which bounds no message and has no way to drop a connection. */
export const openFrameSocket: OpenFrameSocket = ({ url, subprotocol, token, tls, agent, maxFrameBytes }, handlers) => {
  if (tls !== undefined)
    throw new TypeError('tls is set: a browser takes certificates from its own store, leave it out');
  if (agent !== undefined) throw new TypeError('agent is set: a browser has proxies of its own, leave it out');
  const socket = new WebSocket(url, token === '' ? subprotocol : [subprotocol, tokenSubprotocolPrefix + token]);
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => handlers.onOpen();
  socket.onmessage = ({ data }: MessageEvent<unknown>) => {
    const usable = data instanceof ArrayBuffer && data.byteLength <= maxFrameBytes;
    handlers.onFrame(usable ? new Uint8Array(data) : new Uint8Array(0));
  };
  socket.onclose = ({ code, reason }) => handlers.onClose(code, reason);
  return {
    send: (bytes) => socket.send(bytes as Uint8Array<ArrayBuffer>),
    close: (code, reason) => closeWith(socket, code, reason),
    terminate: () => socket.close(),
  };
};

/** Browsers let a page send 1000 and 3000..4999 and no other close code. */
function closeWith(socket: WebSocket, code: number, reason: string): void {
  if (code === 1000 || code >= 3000) socket.close(code, reason);
  else socket.close();
}

/** Loads onnxruntime-web with its WASM backend alone: a fifth of the root build's JavaScript. */
export const loadRuntime = () => import('onnxruntime-web/wasm');
