import type { IncomingMessage, RequestListener } from 'node:http';
import { answer, answerFile, pathOf } from './http-answer.ts';
import type { StaticFile } from './model-routes.ts';
import { isOfPages, type Pages, type PagesContext, pagesListener } from './pages.ts';

/** Whether the server works. */
export interface Probes {
  /** Body of /healthz, and whether the process is worth keeping. */
  readonly health: () => { readonly ok: boolean; readonly body: unknown };
  /** True while the server can decode. */
  readonly ready: () => boolean;
}

/** What everybody may ask for. */
export interface PublicRoutes extends Probes {
  /** What may be fetched at present, by path. */
  readonly files: () => ReadonlyMap<string, StaticFile>;
  /** Body of /metrics, where there is no administrative listener that has them. */
  readonly metrics: (() => Promise<string>) | undefined;
  /** What else there is to see. */
  readonly pages: (PagesContext & { readonly pages: Pages }) | undefined;
}

const prometheusText = 'text/plain; version=0.0.4; charset=utf-8';

const modelHeaders = {
  // A UE in a browser loads its page from elsewhere, perhaps from an isolated one.
  'access-control-allow-origin': '*',
  'cross-origin-resource-policy': 'cross-origin',
  // A UE asks for a model once in a long while: a connection that is kept is one that is closed when it asks again.
  connection: 'close',
};

/** Answers GET and HEAD; everything here is public and small. Requests for the pages are theirs. */
export function publicListener(routes: PublicRoutes): RequestListener {
  const pages = routes.pages?.pages;
  const onPages = routes.pages && pagesListener(routes.pages.pages, routes.pages);
  return (request, response) => {
    if (pages !== undefined && onPages !== undefined && isOfPages(pages, request)) {
      onPages(request, response);
      return;
    }
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(request, response, 405, 'text/plain', 'only GET and HEAD\n', { allow: 'GET, HEAD' });
      return;
    }
    const file = routes.files().get(path);
    if (file !== undefined) answerFile(request, response, file, modelHeaders);
    else if (path === '/metrics' && routes.metrics !== undefined) answerMetrics(request, response, routes.metrics);
    else if (!answerProbe(request, response, routes)) answer(request, response, 404, 'text/plain', 'not found\n');
  };
}

/** Answers /healthz and /readyz. @returns false for any other path */
export function answerProbe(
  request: IncomingMessage,
  response: Parameters<RequestListener>[1],
  { health, ready }: Probes,
): boolean {
  const path = pathOf(request);
  if (path === '/healthz') {
    const { ok, body } = health();
    answer(request, response, ok ? 200 : 503, 'application/json', `${JSON.stringify(body)}\n`);
    return true;
  }
  if (path !== '/readyz') return false;
  const isReady = ready();
  answer(request, response, isReady ? 200 : 503, 'text/plain', isReady ? 'ready\n' : 'not ready\n');
  return true;
}

export function answerMetrics(
  request: IncomingMessage,
  response: Parameters<RequestListener>[1],
  metrics: () => Promise<string>,
): void {
  metrics().then(
    (text) => answer(request, response, 200, prometheusText, text),
    () => answer(request, response, 500, 'text/plain', 'metrics failed\n'),
  );
}
