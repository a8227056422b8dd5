import type { ModelLifecycle } from './lifecycle/model-lifecycle.ts';
import type { ResolvedOptions } from './options.ts';
import { adminListener } from './transport/admin-routes.ts';
import { type Probes, publicListener } from './transport/http-routes.ts';
import { Listener, type OnUpgrade } from './transport/listener.ts';
import type { StaticFile } from './transport/model-routes.ts';

export interface ListenersParts {
  readonly options: ResolvedOptions;
  readonly probes: Probes;
  readonly metrics: () => Promise<string>;
  readonly lifecycle: ModelLifecycle;
  readonly files: () => ReadonlyMap<string, StaticFile>;
  readonly onUpgrade: OnUpgrade;
}

/** The ports of a server: one for UEs, base bands and subscribers, and one for its operator where that is wanted. */
export class Listeners {
  readonly #options: ResolvedOptions;
  readonly #public: Listener;
  readonly #admin: Listener | undefined;
  #port = 0;
  #adminPort = 0;

  constructor({ options, probes, metrics, lifecycle, files, onUpgrade }: ListenersParts) {
    const { host, port, adminHost, adminPort, adminToken: token, helloTimeoutMs: headersTimeoutMs } = options;
    const hasAdmin = adminPort !== false;
    this.#options = options;
    this.#public = new Listener({
      host,
      port,
      headersTimeoutMs,
      onUpgrade,
      onRequest: publicListener({ ...probes, files, metrics: hasAdmin ? undefined : metrics }),
    });
    if (!hasAdmin) return;
    this.#admin = new Listener({
      host: adminHost,
      port: adminPort,
      headersTimeoutMs,
      onUpgrade: () => 404,
      onRequest: adminListener({ ...probes, metrics, lifecycle, token }),
    });
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return originOf(this.#options.host, this.#port);
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

function originOf(host: string, port: number): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
