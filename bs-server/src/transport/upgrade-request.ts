import type { IncomingMessage } from 'node:http';
import { subprotocol, tokenSubprotocolPrefix } from '@edge-csi/proto';

/** What an upgrade request offers as its subprotocols. */
function offeredOf({ headers }: IncomingMessage): string[] {
  return (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
}

/** Whether the other end speaks this server's protocol. */
export function namesSubprotocol(request: IncomingMessage): boolean {
  return offeredOf(request).includes(subprotocol);
}

/**
 * The token of a request: `Authorization: Bearer`, or the subprotocol entry of a browser, which cannot set headers.
 * Undefined where it has none.
 */
export function tokenOf(request: IncomingMessage): string | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  const entry = offeredOf(request).find((name) => name.startsWith(tokenSubprotocolPrefix));
  return entry?.slice(tokenSubprotocolPrefix.length);
}
