import { createSecureContext } from 'node:tls';
import * as v from 'valibot';
import { listOf, optionsOf, text, textOrBytes } from '../ops/check.ts';
import { secretKeySchema } from './access-token.ts';

/** Fails at once: a server would start with a key that does not fit, and fail at every handshake. */
const tlsSchema = v.pipe(
  optionsOf({
    /** Chain, the server's own certificate first. */
    cert: textOrBytes,
    key: textOrBytes,
    /** Authorities of client certificates. Where set, a client without a valid one is refused (mutual TLS). */
    ca: v.optional(textOrBytes),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      createSecureContext(secureContextOf(dataset.value));
    } catch (cause) {
      const { message } = cause as Error;
      addIssue({ message: `: ${message}; cert, key and ca must be PEM, and the key the certificate's` });
    }
  }),
);

/** Certificate and key of the server, as PEM. TLS 1.2 or newer. */
export type ServerTls = Readonly<v.InferInput<typeof tlsSchema>>;

/** Who may connect, and how. */
export const securityOptions = {
  /** Certificate and key of the server, as PEM; plain TCP where absent. */
  tls: v.optional(tlsSchema),
  /**
   * At least 32 random bytes. Where set, every WebSocket must come with a token that was signed with it (`signAccessToken`,
   * `edge-csi token`); HTTP stays open.
   */
  tokenSecret: v.optional(secretKeySchema),
  /** Origins whose pages may connect, e.g. `https://ue.example`. Any where absent. Only browsers name an origin. */
  allowedOrigins: v.optional(
    v.pipe(
      listOf(
        v.pipe(
          text,
          v.check(
            (origin) => URL.canParse(origin) && new URL(origin).origin === origin,
            'must be an origin like https://host or http://host:port',
          ),
        ),
      ),
      v.transform((origins): ReadonlySet<string> => new Set(origins)),
    ),
  ),
};

/** What Node's TLS takes. */
export function secureContextOf({ cert, key, ca }: ServerTls) {
  const pem = (value: string | Uint8Array) => (typeof value === 'string' ? value : Buffer.from(value));
  const own = { cert: pem(cert), key: pem(key), minVersion: 'TLSv1.2' } as const;
  return ca === undefined ? own : { ...own, ca: pem(ca) };
}
