import {
  type ChannelEstimate,
  decodeFrame,
  encodeFrame,
  paths,
  subprotocol,
  tokenSubprotocolPrefix,
  WireError,
  wireErrorOf,
  wireErrorOfClose,
} from '@edge-csi/proto';

/** How the subscription stands, and why where something went wrong. */
export type EstimatesState =
  | { readonly state: 'connecting' | 'ready'; readonly message: '' }
  | { readonly state: 'reconnecting' | 'failed'; readonly message: string };

/** What a subscription calls. */
export interface EstimatesEvents {
  readonly onEstimate: (estimate: ChannelEstimate) => void;
  readonly onState: (state: EstimatesState) => void;
}

const minDelayMs = 250;
const maxDelayMs = 8000;

/**
 * Listens to the BS's estimates of all UEs, and connects again where the connection is lost.
 *
 * @param token - of role estimates; empty where the server asks for none
 */
export function followEstimates(token: string, events: EstimatesEvents, signal: AbortSignal): void {
  const url = new URL(paths.estimates, location.origin.replace(/^http/, 'ws'));
  let delayMs = minDelayMs;
  let timer: ReturnType<typeof setTimeout> | undefined;
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  const connect = (): void => {
    const socket = open(url, token);
    if (socket === undefined) {
      events.onState({ state: 'failed', message: 'the token has characters that no token has' });
      return;
    }
    let fault: WireError | undefined;
    const onAbort = () => socket.close();
    const fail = (error: WireError) => {
      fault = error;
      socket.close();
    };
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      delayMs = minDelayMs;
      socket.send(new Uint8Array(encodeFrame('subscribe', { form: 'matrix-and-paths' })));
      events.onState({ state: 'ready', message: '' });
    };
    socket.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => receive(new Uint8Array(data), events, fail);
    socket.onclose = ({ code, reason }) => {
      signal.removeEventListener('abort', onAbort);
      if (signal.aborted) return;
      const error = fault ?? wireErrorOfClose(code, reason);
      const message = `${error.code}: ${error.message}`;
      if (!error.retryable) {
        events.onState({ state: 'failed', message });
        return;
      }
      events.onState({ state: 'reconnecting', message });
      timer = setTimeout(connect, delayMs);
      delayMs = Math.min(2 * delayMs, maxDelayMs);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  };
  events.onState({ state: 'connecting', message: '' });
  connect();
}

/** Begins to connect. @returns undefined where the token cannot be sent: it travels as a subprotocol, which not every text can be */
function open(url: URL, token: string): WebSocket | undefined {
  try {
    return new WebSocket(url, token === '' ? subprotocol : [subprotocol, tokenSubprotocolPrefix + token]);
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SyntaxError') return undefined;
    throw error;
  }
}

function receive(bytes: Uint8Array, events: EstimatesEvents, fail: (error: WireError) => void): void {
  try {
    const frame = decodeFrame(bytes);
    if (frame.kind === 'estimate') events.onEstimate(frame.value);
    else if (frame.kind === 'reject') fail(wireErrorOf(frame.value));
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    fail(error);
  }
}
