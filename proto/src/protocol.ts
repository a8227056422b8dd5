/** WebSocket subprotocol both ends must name. */
export const subprotocol = 'edge-csi.v1';

/** A browser, which cannot set headers, offers its token as a subprotocol of this prefix beside the one above. */
export const tokenSubprotocolPrefix = 'edge-csi.token.';

/** Value of `Hello.protocol`. */
export const protocolVersion = 1;

/** Where the BS listens, by who connects. */
export const paths = {
  ue: '/v1/ue',
  phy: '/v1/phy',
  estimates: '/v1/estimates',
} as const;

/** The URL of a path under a base URL, whose own path stays: a BS may stand behind a proxy. */
export function urlUnder(base: string, path: string): string {
  const [, origin = base, own = '', query = ''] = /^([\w+.-]+:\/\/[^/?#]*)([^?#]*)(\?[^#]*)?/.exec(base) ?? [];
  return origin + own.replace(/\/+$/, '') + path + query;
}

/** Largest frame accepted on each path, in bytes: what the WebSocket's maxPayload is set to. */
export const maxFrameBytes = {
  ue: 16 * 1024,
  phy: 256 * 1024,
  estimates: 256 * 1024,
} as const;

/** Longest `Reject.message` and `Hello.token`, in UTF-16 units. */
export const maxMessageLength = 1024;
