import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { StaticFile } from './model-routes.ts';

export interface HttpRoutes {
  readonly files: ReadonlyMap<string, StaticFile>;
  /** Body of /healthz, and whether the process is worth keeping. */
  readonly health: () => { readonly ok: boolean; readonly body: unknown };
  /** True while the server can decode. */
  readonly ready: () => boolean;
  /** Body of /metrics in the Prometheus text format. */
  readonly metrics: () => Promise<string>;
}

const prometheusText = 'text/plain; version=0.0.4; charset=utf-8';

/** Answers GET and HEAD; everything here is public and small. */
export function requestListener(routes: HttpRoutes): RequestListener {
  return (request, response) => {
    const path = pathOf(request);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      answer(request, response, 405, 'text/plain', 'only GET and HEAD\n', { allow: 'GET, HEAD' });
      return;
    }
    const file = routes.files.get(path);
    if (file !== undefined) {
      answerFile(request, response, file);
    } else if (path === '/healthz') {
      const { ok, body } = routes.health();
      answer(request, response, ok ? 200 : 503, 'application/json', `${JSON.stringify(body)}\n`);
    } else if (path === '/readyz') {
      const ready = routes.ready();
      answer(request, response, ready ? 200 : 503, 'text/plain', ready ? 'ready\n' : 'not ready\n');
    } else if (path === '/metrics') {
      routes.metrics().then(
        (text) => answer(request, response, 200, prometheusText, text),
        () => answer(request, response, 500, 'text/plain', 'metrics failed\n'),
      );
    } else {
      answer(request, response, 404, 'text/plain', 'not found\n');
    }
  };
}

/** Path of a request as it was sent: paths are looked up, never resolved, and a malformed one is just not found. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

function answerFile(request: IncomingMessage, response: ServerResponse, file: StaticFile): void {
  const headers = {
    etag: file.etag,
    'cache-control': 'no-cache',
    // A UE in a browser loads its page from elsewhere, perhaps from an isolated one.
    'access-control-allow-origin': '*',
    'cross-origin-resource-policy': 'cross-origin',
  };
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  answer(request, response, 200, file.contentType, file.bytes, headers);
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  contentType: string,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): void {
  response.writeHead(status, {
    'content-type': contentType,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}
