import type { IncomingMessage, ServerResponse } from 'node:http';

/** A file that is served as it is. */
export interface StaticFile {
  readonly contentType: string;
  /** Strong validator: the file's hash. */
  readonly etag: string;
  readonly bytes: Uint8Array;
}

/** A file that is read when somebody asks for it. */
export interface OfferedFile extends Omit<StaticFile, 'bytes'> {
  /** @throws Error where it is not there any more, or not what it was. */
  readonly read: () => Promise<Uint8Array>;
}

/** Whether the server works. */
export interface Probes {
  /** Body of /healthz, and whether the process is worth keeping. */
  readonly health: () => { readonly ok: boolean; readonly body: unknown };
  /** True while the server can decode. */
  readonly ready: () => boolean;
}

/** Path of a request as it was sent: paths are looked up, never resolved, and a malformed one is just not found. */
export function pathOf({ url = '/' }: IncomingMessage): string {
  const query = url.indexOf('?');
  return query < 0 ? url : url.slice(0, query);
}

/** The token of an `Authorization: Bearer` header; undefined where there is no such header, or it has another scheme. */
export function bearerToken({ headers }: IncomingMessage): string | undefined {
  return /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1];
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

export function answerJson(request: IncomingMessage, response: ServerResponse, status: number, value: unknown): void {
  answer(request, response, status, 'application/json', `${JSON.stringify(value)}\n`);
}

/** Answers with a file, or with 304 where the other end has it; with `extra` headers besides. */
export async function answerFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: StaticFile | OfferedFile,
  extra: Readonly<Record<string, string>> = {},
): Promise<void> {
  const headers = { etag: file.etag, 'cache-control': 'no-cache', ...extra };
  if (request.headers['if-none-match'] === file.etag) {
    response.writeHead(304, headers).end();
    return;
  }
  try {
    const bytes = 'read' in file ? await file.read() : file.bytes;
    answer(request, response, 200, file.contentType, bytes, headers);
  } catch {
    answer(request, response, 500, 'text/plain', 'the file is not what it was when it was offered\n');
  }
}

/** Answers /healthz and /readyz. @returns false for any other path */
export function answerProbe(request: IncomingMessage, response: ServerResponse, { health, ready }: Probes): boolean {
  const path = pathOf(request);
  if (path === '/healthz') {
    const { ok, body } = health();
    answerJson(request, response, ok ? 200 : 503, body);
    return true;
  }
  if (path !== '/readyz') return false;
  const isReady = ready();
  answer(request, response, isReady ? 200 : 503, 'text/plain', isReady ? 'ready\n' : 'not ready\n');
  return true;
}

/** Answers with metrics in the Prometheus text format. */
export function answerMetrics(
  request: IncomingMessage,
  response: ServerResponse,
  metrics: () => Promise<string>,
): void {
  metrics().then(
    (text) => answer(request, response, 200, 'text/plain; version=0.0.4; charset=utf-8', text),
    () => answer(request, response, 500, 'text/plain', 'metrics failed\n'),
  );
}
