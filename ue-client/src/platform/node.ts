import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { type Agent, get, type IncomingMessage } from 'node:http';
import { get as getOverTls } from 'node:https';
import { reasonOf, wireErrorOfStatus } from '@edge-csi/proto';
import { WebSocket } from 'ws';
import type { ClientAgent, ClientTls, Clock, HttpGet, OpenFrameSocket, TlsProblem } from './platform.ts';

/** CLOCK_MONOTONIC: comparable between the processes of one host, which `performance.now()` is not. */
export const systemClock: Clock = { nowMs: () => Number(process.hrtime.bigint()) / 1e6 };

/** Gets with Node's own client: its `fetch` cannot be told whom to trust. */
export const httpGet: HttpGet = async (url, { tls, agent }, signal) => {
  const options = { ...pemOf(tls), ...agentOf(agent), signal };
  const request = url.protocol === 'https:' ? getOverTls(url, options) : get(url, options);
  // What happens behind the response is told by its body.
  request.on('error', () => undefined);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode ?? 0, body: response };
};

/** A key that does not fit would fail at every handshake, with nothing said of it. */
export const tlsProblem: TlsProblem = (tls) => {
  const { cert, key } = pemOf(tls);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    return `.${cert === undefined ? 'cert' : 'key'} is missing: they go together`;
  try {
    if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return undefined;
  } catch (cause) {
    return `.cert or .key is no PEM of a certificate and a key that is not encrypted: ${(cause as Error).message}`;
  }
  return '.key is of another pair than .cert';
};

/** TLS options as Node takes them. */
function pemOf(tls: ClientTls = {}): { readonly [K in keyof ClientTls]: string | Buffer } {
  const given = Object.entries(tls).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : Buffer.from(value)]),
  );
}

function agentOf(agent: ClientAgent | undefined): { readonly agent?: Agent } {
  return agent === undefined ? {} : { agent: agent as Agent };
}

/** Opens a WebSocket with `ws`. */
export const openFrameSocket: OpenFrameSocket = ({ url, subprotocol, token, tls, agent, maxFrameBytes }, handlers) => {
  const socket = new WebSocket(url, subprotocol, {
    maxPayload: maxFrameBytes,
    perMessageDeflate: false,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...pemOf(tls),
    ...agentOf(agent),
  });
  socket.binaryType = 'nodebuffer';
  let failure = '';
  let refusal: number | undefined;
  socket.on('open', () => handlers.onOpen());
  socket.on('message', (data: Buffer, isBinary) => handlers.onFrame(isBinary ? data : new Uint8Array(0)));
  // A BS that refuses for good says so before there is a WebSocket to close with a code.
  socket.on('unexpected-response', (_request, { statusCode = 0, headers }) => {
    const error = wireErrorOfStatus(url, statusCode, headers['www-authenticate']);
    refusal = error.closeCode;
    failure = error.message;
    socket.terminate();
  });
  // Always followed by 'close', which has no reason of its own then.
  socket.on('error', (error) => {
    if (failure === '') failure = `${url}: ${reasonOf(error)}`;
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

/** Loads onnxruntime-web, which a UE with another encoder does not install. */
export const loadRuntime = () => import('onnxruntime-web');
