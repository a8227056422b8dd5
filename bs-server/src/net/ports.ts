import type { RequestListener } from 'node:http';
import type { Logger } from 'pino';
import type { ModelLifecycle } from '../ops/model-lifecycle.ts';
import type { ConnectionRefusal } from '../ops/server-stats.ts';
import { adminListener } from './admin-routes.ts';
import {
  answer,
  answerFile,
  answerMetrics,
  answerProbe,
  type OfferedFile,
  type Probes,
  pathOf,
} from './http-answer.ts';
import type { Limits } from './limits.ts';
import { Listener, type OnUpgrade } from './listener.ts';
import { isOfPages, type PagesContext, pagesListener } from './pages.ts';
import type { ServerTls } from './tls.ts';

/** What everybody may ask for. */
export interface PublicRoutes extends Probes {
  /** What may be fetched at present, by path. */
  readonly files: () => ReadonlyMap<string, OfferedFile>;
  /** Body of /metrics, where there is no administrative listener that has them. */
  readonly metrics: (() => Promise<string>) | undefined;
  /** What else there is to see. */
  readonly pages: PagesContext | undefined;
}

export interface PortsOptions extends PublicRoutes {
  readonly host: string;
  readonly port: number;
  readonly tls?: ServerTls | undefined;
  readonly adminHost: string;
  readonly adminPort: number | false;
  readonly adminToken?: string | undefined;
  readonly limits: Limits;
  readonly clock: () => number;
  readonly logger: Logger;
  readonly metrics: () => Promise<string>;
  readonly lifecycle: ModelLifecycle;
  /** Undefined where no connections are taken: every upgrade is refused then. */
  readonly upgrade: OnUpgrade | undefined;
  /** A connection was turned away before a byte of it was read. */
  readonly onRefused: (refusal: ConnectionRefusal) => void;
}

const noUpgrade: OnUpgrade = async () => ({ status: 404, message: 'no connections are taken here' });

/** The ports of a server: one for UEs, base bands and subscribers, and one for its operator where that is wanted. */
export class Ports {
  readonly #options: PortsOptions;
  readonly #public: Listener;
  readonly #admin: Listener | undefined;
  #port = 0;
  #adminPort = 0;

  constructor(options: PortsOptions) {
    const { adminHost, adminPort, logger, metrics, upgrade = noUpgrade } = options;
    const onError = (err: unknown) => logger.error({ err }, 'an upgrade failed');
    const hasAdmin = adminPort !== false;
    const onRequest = publicListener({ ...options, metrics: hasAdmin ? undefined : metrics });
    this.#options = options;
    this.#public = new Listener({ ...options, onUpgrade: upgrade, onError, onRequest });
    if (!hasAdmin) return;
    const admin = { host: adminHost, port: adminPort, tls: undefined, onUpgrade: noUpgrade, onError };
    this.#admin = new Listener({ ...options, ...admin, onRequest: adminListener(options) });
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
    const { host, port, adminHost, adminPort } = this.#options;
    this.#port = await this.#public.listen().catch(taken(`port ${port} of ${host}`, 'give another (port)'));
    const wayOut = 'give another (adminPort, default: port + 1), or none (false)';
    this.#adminPort =
      (await this.#admin?.listen().catch(taken(`administrative port ${adminPort} of ${adminHost}`, wayOut))) ?? 0;
  }

  async close(): Promise<void> {
    await Promise.all([this.#public.close(), this.#admin?.close()]);
  }
}

/** Names the port that cannot be listened on. */
function taken(what: string, wayOut: string): (cause: NodeJS.ErrnoException) => never {
  return (cause) => {
    throw Object.assign(new Error(`${what}: ${cause.message}; ${wayOut}`, { cause }), { code: cause.code });
  };
}

function originOf(host: string, port: number, scheme: 'http' | 'https' = 'http'): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

const modelHeaders = {
  // A UE in a browser loads its page from elsewhere, perhaps from an isolated one.
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  // A UE asks for a model once in a long while: a connection that is kept is one that is closed when it asks again.
  connection: 'close',
};

/** Answers GET and HEAD; everything here is public and small. Requests for the pages are theirs. */
export function publicListener(routes: PublicRoutes): RequestListener {
  const { pages } = routes;
  const onPages = pages && pagesListener(pages);
  return (request, response) => {
    if (pages !== undefined && onPages !== undefined && isOfPages(pages.pages, request)) {
      onPages(request, response);
      return;
    }
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(request, response, 405, 'text/plain', 'only GET and HEAD\n', { allow: 'GET, HEAD' });
      return;
    }
    const file = routes.files().get(path);
    if (file !== undefined) void answerFile(request, response, file, modelHeaders);
    else if (path === '/metrics' && routes.metrics !== undefined) answerMetrics(request, response, routes.metrics);
    else if (!answerProbe(request, response, routes)) answer(request, response, 404, 'text/plain', 'not found\n');
  };
}
