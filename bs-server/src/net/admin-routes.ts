import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { CsiError } from '@edge-csi/csi';
import type { ModelLifecycle } from '../ops/model-lifecycle.ts';
import { answerJson, answerMetrics, answerProbe, bearerToken, type Probes, pathOf } from './http-answer.ts';

/** What an operator may ask for and do. */
export interface AdminRoutes extends Probes {
  readonly metrics: () => Promise<string>;
  readonly lifecycle: ModelLifecycle;
  /** Where set, everything but the probes asks for it. */
  readonly adminToken?: string | undefined;
}

type Operation = () => Promise<unknown>;

/** Answers /healthz, /readyz, /metrics and the life cycle of models: GET /models, POST /models/... */
export function adminListener(routes: AdminRoutes): RequestListener {
  const { adminToken: token, metrics } = routes;
  return (request, response) => {
    if (answerProbe(request, response, routes)) return;
    if (token !== undefined && !tokenMatches(token, bearerToken(request) ?? '')) {
      const given = request.headers.authorization === undefined ? 'there is none' : 'it is another';
      refuse(request, response, 401, 'unauthorized', `Authorization: Bearer with the admin token expected, ${given}`);
      return;
    }
    const path = pathOf(request);
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (isRead && path === '/metrics') {
      answerMetrics(request, response, metrics);
    } else if (isRead && path === '/models') {
      void perform(request, response, async () => routes.lifecycle.status());
    } else if (request.method === 'POST' && request.headers.origin !== undefined) {
      // A page that is open in an operator's browser reaches the loopback address too.
      refuse(request, response, 403, 'forbidden', 'not from a web page');
    } else {
      const operation = request.method === 'POST' ? operationAt(path, routes.lifecycle) : undefined;
      if (operation !== undefined) void perform(request, response, operation);
      else refuse(request, response, 404, 'not-found', `no ${request.method} ${path}`);
    }
  };
}

/** What a POST to a path stands for. */
function operationAt(path: string, lifecycle: ModelLifecycle): Operation | undefined {
  if (path === '/models/rollback') return () => lifecycle.rollback();
  const [, encoded = '', action] = /^\/models\/([^/]+)\/(load|activate|unload)$/.exec(path) ?? [];
  const name = decoded(encoded);
  if (name === undefined) return undefined;
  if (action === 'load') return () => lifecycle.load(name);
  if (action === 'activate') return () => lifecycle.activate(name);
  return action === 'unload' ? () => lifecycle.unload(name) : undefined;
}

function decoded(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

async function perform(request: IncomingMessage, response: ServerResponse, operation: Operation): Promise<void> {
  // Loading a model may take longer than a silent connection is kept.
  request.socket.setTimeout(0);
  try {
    answerJson(request, response, 200, await operation());
  } catch (error) {
    if (error instanceof CsiError) refuse(request, response, statusOf(error), error.code, error.message);
    else if (error instanceof RangeError) refuse(request, response, 400, 'bad-request', error.message);
    else refuse(request, response, 500, 'internal', error instanceof Error ? error.message : String(error));
  }
}

function statusOf({ code }: CsiError): number {
  if (code === 'model-unknown') return 404;
  return code === 'model-state' ? 409 : 422;
}

/** True where a token is the expected one; the time it takes says nothing about it. */
function tokenMatches(expected: string, given: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}

function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  code: string,
  message: string,
): void {
  answerJson(request, response, status, { error: { code, message } });
}
