import { Client } from './client.ts';
import { type ConnectOptions, resolveOptions } from './options.ts';
import type { Ue } from './ue.ts';

/**
 * Connects to a BS, gets the model it asks for ready, and keeps the connection up from then on.
 *
 * @throws WireError or CsiError why the BS refused or the model is unusable; the signal's reason where it aborts first
 * @throws RangeError or TypeError naming an option that makes no sense
 */
export async function connectUe(options: ConnectOptions): Promise<Ue> {
  const client = new Client(resolveOptions(options));
  await client.connect(options.signal ?? new AbortController().signal);
  return client;
}
