import type { Connections } from '../ingest/connections.ts';
import type { ModelLifecycle } from '../ops/model-lifecycle.ts';
import type { Tally } from '../ops/tally.ts';
import type { ResolvedOptions } from '../options.ts';
import { adminListener } from './admin-routes.ts';
import type { ConnectionRefusal } from './connection-guard.ts';
import { type Probes, type PublicRoutes, publicListener } from './http-routes.ts';
import { Listener, type OnUpgrade } from './listener.ts';
import type { StaticFile } from './model-routes.ts';

export interface ListenersParts {
  readonly options: ResolvedOptions;
  readonly tally: Pick<Tally, 'refuse'>;
  readonly probes: Probes;
  readonly metrics: () => Promise<string>;
  readonly lifecycle: ModelLifecycle;
  readonly files: () => ReadonlyMap<string, StaticFile>;
  /** Undefined where the server takes none: every upgrade is refused then, and there are no pages. */
  readonly connections: Connections | undefined;
}

const noConnections: OnUpgrade = async () => ({ status: 404, message: 'no connections are taken here' });

/** The ports of a server: one for UEs, base bands and subscribers, and one for its operator where that is wanted. */
export class Listeners {
  readonly #options: ResolvedOptions;
  readonly #public: Listener;
  readonly #admin: Listener | undefined;
  #port = 0;
  #adminPort = 0;

  constructor({ options, tally, probes, metrics, lifecycle, files, connections }: ListenersParts) {
    const { adminHost, adminPort, adminToken: token, logger } = options;
    const common = {
      ...options,
      onRefused: (refusal: ConnectionRefusal) => tally.refuse(refusal),
      onError: (err: unknown) => logger.error({ err }, 'an upgrade failed'),
    };
    const hasAdmin = adminPort !== false;
    this.#options = options;
    this.#public = new Listener({
      ...common,
      onUpgrade: connections?.gateway.upgrade ?? noConnections,
      onRequest: publicListener({
        ...probes,
        files,
        metrics: hasAdmin ? undefined : metrics,
        pages: connections && pagesOf(options, connections),
      }),
    });
    if (!hasAdmin) return;
    this.#admin = new Listener({
      ...common,
      host: adminHost,
      port: adminPort,
      tls: undefined,
      onUpgrade: noConnections,
      onRequest: adminListener({ ...probes, metrics, lifecycle, token }),
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    const { host, tls } = this.#options;
    return originOf(host, this.#port, tls === undefined ? 'http' : 'https');
  }

  get adminUrl(): string | undefined {
    return this.#admin && originOf(this.#options.adminHost, this.#adminPort);
  }

  async listen(): Promise<void> {
    this.#port = await this.#public.listen();
    this.#adminPort = (await this.#admin?.listen()) ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([this.#public.close(), this.#admin?.close()]);
  }
}

function pagesOf({ pages, logger }: ResolvedOptions, connections: Connections): PublicRoutes['pages'] {
  if (pages === undefined) return undefined;
  const { accessControl } = connections;
  return { pages, accessControl, baseBand: connections, onError: (err) => logger.error({ err }, 'a page failed') };
}

function originOf(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
