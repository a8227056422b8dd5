import type { ResolvedOptions } from '../options.ts';
import type { GatewayLink } from './gateway-link.ts';

/** A gateway's end of the broker, where the server is a gateway. What talks to brokers is loaded only then. */
export async function openLink(options: ResolvedOptions): Promise<GatewayLink | undefined> {
  if (options.nats === undefined) return undefined;
  const { GatewayLink } = await import('./gateway-link.ts');
  return new GatewayLink(options, options.nats);
}
