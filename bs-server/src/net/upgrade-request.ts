import type { IncomingMessage } from 'node:http';
import { subprotocol, tokenSubprotocolPrefix } from '@edge-csi/proto';
import { bearerToken } from './token.ts';

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
  if (request.headers.authorization !== undefined) return bearerToken(request);
  const entry = offeredOf(request).find((name) => name.startsWith(tokenSubprotocolPrefix));
  return entry?.slice(tokenSubprotocolPrefix.length);
}
