import { createSecureContext } from 'node:tls';
import { secretKey } from './access-token.ts';

/** Certificate and key of the server, as PEM. TLS 1.2 or newer. */
export interface ServerTls {
  /** Chain, the server's own certificate first. */
  readonly cert: string | Uint8Array;
  readonly key: string | Uint8Array;
  /** Authorities of client certificates. Where set, a client without a valid one is refused (mutual TLS). */
  readonly ca?: string | Uint8Array;
}

/** Who may connect, and how. */
export interface SecurityOptions {
  /** Plain TCP where absent. */
  readonly tls?: ServerTls;
  /**
   * At least 32 random bytes. Where set, every WebSocket must come with a token that was signed with it (`signAccessToken`,
   * `edge-csi token`); HTTP stays open.
   */
  readonly tokenSecret?: string | Uint8Array;
  /** Origins whose pages may connect, e.g. `https://ue.example`. Any where absent. Only browsers name an origin. */
  readonly allowedOrigins?: readonly string[];
}

/** As a running server has them. */
export interface ResolvedSecurity {
  readonly tls: ServerTls | undefined;
  readonly tokenSecret: Uint8Array | undefined;
  readonly allowedOrigins: ReadonlySet<string> | undefined;
}

/** @throws RangeError naming the option that makes no sense. */
export function resolveSecurity({ tls, tokenSecret, allowedOrigins }: SecurityOptions): ResolvedSecurity {
  if (tls !== undefined) requireUsable(tls);
  for (const origin of allowedOrigins ?? []) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new RangeError(`allowedOrigins names ${origin}, must be an origin like https://host or http://host:port`);
    }
  }
  return {
    tls,
    tokenSecret: tokenSecret === undefined ? undefined : secretKey(tokenSecret),
    allowedOrigins: allowedOrigins === undefined ? undefined : new Set(allowedOrigins),
  };
}

/** What Node's TLS takes. */
export function secureContextOf({ cert, key, ca }: ServerTls) {
  const pem = (text: string | Uint8Array) => (typeof text === 'string' ? text : Buffer.from(text));
  const own = { cert: pem(cert), key: pem(key), minVersion: 'TLSv1.2' } as const;
  return ca === undefined ? own : { ...own, ca: pem(ca) };
}

/** Fails at once: a server would start with a key that does not fit, and fail at every handshake. */
function requireUsable(tls: ServerTls): void {
  try {
    createSecureContext(secureContextOf(tls));
  } catch (cause) {
    const { message } = cause as Error;
    throw new RangeError(`tls: ${message}; cert, key and ca must be PEM, and the key the certificate's`, { cause });
  }
}
