/** How to reach NATS, and as whom. */
export interface NatsOptions {
  /** As nats://host:4222 or tls://host:4222; one of them is taken, another one where it fails. */
  readonly servers: readonly string[];
  /** Content of a credentials file: a JWT and the seed of its key. */
  readonly credentials?: string;
  readonly user?: string;
  readonly password?: string;
  /** PEM. Where it is there, or a server is named as tls://, there is TLS or no connection; the authorities are Node's without `ca`. */
  readonly tls?: { readonly ca?: string; readonly cert?: string; readonly key?: string };
}
