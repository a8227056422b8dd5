import type { ClientTls } from './socket.ts';

/** TLS options as Node takes them. */
export function pemOf(tls: ClientTls = {}): { readonly [K in keyof ClientTls]: string | Buffer } {
  const given = Object.entries(tls).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    given.map(([name, value]) => [name, typeof value === 'string' ? value : Buffer.from(value)]),
  );
}
