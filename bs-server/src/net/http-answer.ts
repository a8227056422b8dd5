import type { IncomingMessage, ServerResponse } from 'node:http';
import type { StaticFile } from './model-routes.ts';

/** Path of a request as it was sent: paths are looked up, never resolved, and a malformed one is just not found. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** Answers with a file, or with 304 where the other end has it; with `headers` besides. */
export function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: StaticFile,
  extra: Readonly<Record<string, string>> = {},
): void {
  const headers = { etag: file.etag, 'cache-control': 'no-cache', ...extra };
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  answer(request, response, 200, file.contentType, file.bytes, headers);
}

export function answer(
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
