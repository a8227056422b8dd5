import type { ClientTls } from '../socket/socket.ts';

/** An HTTP response whose body has not been read. */
export interface HttpResponse {
  readonly status: number;
  /** Read to its end, or left early, which drops the connection. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Gets a file from the BS, following no redirect.
 *
 * @throws Error what went wrong on the way; the signal's reason where it aborts
 */
export type HttpGet = (url: URL, tls: ClientTls | undefined, signal: AbortSignal) => Promise<HttpResponse>;
