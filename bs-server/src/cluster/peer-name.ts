import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** A name for one process among all at a broker, good as a token of a subject. */
export function peerName(role: 'gateway' | 'worker'): string {
  const host = hostname().replaceAll(/[^A-Za-z0-9-]/g, '-');
  return `${role}-${host}-${randomBytes(4).toString('hex')}`;
}
