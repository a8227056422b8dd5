import { createPrivateKey, X509Certificate } from 'node:crypto';
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
    const problem = keyProblem(dataset.value);
    if (problem !== undefined) {
      addIssue({ message: problem });
      return;
    }
    try {
      createSecureContext(pemOf(dataset.value));
    } catch (cause) {
      const { message } = cause as Error;
      addIssue({ message: `: ${message}; cert, key and ca must be PEM, and the key the certificate's` });
    }
  }),
);

/** What is wrong with a key, of its certificate or alone; goes on from the name of the options. */
function keyProblem({ cert, key }: Partial<Readonly<Record<'cert' | 'key', string | Uint8Array>>>): string | undefined {
  if (key === undefined) return cert === undefined ? undefined : '.key is missing, the key of cert';
  if (cert === undefined) return '.cert is missing, the certificate of key';
  const [certificate, privateKey] = [cert, key].map((pem) => Buffer.from(pem).toString()) as [string, string];
  if (/ENCRYPTED/.test(privateKey)) return '.key is encrypted; decrypt it: openssl pkey -in KEY -out DECRYPTED';
  try {
    if (new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey))) return undefined;
  } catch {
    // What is no PEM is told by whoever reads it.
    return undefined;
  }
  return '.key is not the key of cert: certificate and key are of two pairs';
}

/** What is wrong with the certificate that a client shows; undefined where nothing is. */
export function clientTlsProblem(tls: ClientTls): string | undefined {
  const problem = keyProblem(tls);
  if (problem !== undefined) return problem;
  try {
    createSecureContext(pemOf(tls));
    return undefined;
  } catch (cause) {
    return `.cert, .key or .ca is no PEM: ${(cause as Error).message}`;
  }
}

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
