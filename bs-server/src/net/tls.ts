import { createSecureContext } from 'node:tls';
import * as v from 'valibot';
import { optionsOf, textOrBytes } from '../ops/check.ts';

/** Fails at once: a server would start with a key that does not fit, and fail at every handshake. */
export const serverTlsSchema = v.pipe(
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
      createSecureContext(pemOf(dataset.value));
    } catch (cause) {
      const { message } = cause as Error;
      addIssue({ message: `: ${message}; cert, key and ca must be PEM, and the key the certificate's` });
    }
  }),
);

/** Certificate and key of the server, as PEM. TLS 1.2 or newer. */
export type ServerTls = Readonly<v.InferInput<typeof serverTlsSchema>>;

/** Who this end trusts and who it is, as PEM. */
export const clientTlsSchema = optionsOf({
  /** Authorities of the server's certificate; the system's where absent. */
  ca: v.exactOptional(textOrBytes),
  /** Certificate and key of this end, where the server asks for them. */
  cert: v.exactOptional(textOrBytes),
  key: v.exactOptional(textOrBytes),
});

/** What a client of a TLS server trusts and shows, as PEM. */
export type ClientTls = Readonly<v.InferInput<typeof clientTlsSchema>>;

/** PEM as text, whether it was given so or as the bytes of a file. */
export function pemOf<T extends ServerTls | ClientTls>(tls: T): { readonly [K in keyof T]: string } {
  const given = Object.entries<string | Uint8Array | undefined>(tls);
  const texts = given.flatMap(([name, pem]) => (pem === undefined ? [] : [[name, Buffer.from(pem).toString()]]));
  return Object.fromEntries(texts);
}
