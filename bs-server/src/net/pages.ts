import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { AngularDelayCsi } from '@edge-csi/csi';
import { WireError } from '@edge-csi/proto';
import * as v from 'valibot';
import { instanceOf } from '../ops/check.ts';
import type { AccessControl } from './access-token.ts';
import { answer, answerFile, bearerToken, pathOf, type StaticFile } from './http-answer.ts';

/** An HTTP request under the path of `Pages`. It has no body. */
export interface PageRequest {
  /** POST only from pages of this server, and from programs, which name no origin. */
  readonly method: 'GET' | 'POST';
  /** As it was sent, without the query: to be looked up, not resolved. */
  readonly path: string;
  readonly query: URLSearchParams;
  /** UE that the request's token is for, on a server that asks for tokens; POST needs one there, GET never. */
  readonly ueId: string | undefined;
}

/** What is answered to a `PageRequest`: a file with its validator, or anything else with its status. */
export type PageAnswer =
  | { readonly file: StaticFile; readonly headers: Readonly<Record<string, string>> }
  | { readonly status: number; readonly contentType: string; readonly body: string | Uint8Array };

/** The base band as a part of the same process: it needs no feed. */
export interface BaseBand {
  /**
   * Hands the uplink CSI of one UE and slot to the BS.
   *
   * @throws WireError `uplink-invalid` where the matrix is of no use to the models that are served
   * @throws RangeError naming a value that does not fit the message
   */
  receiveUplink(ueId: string, slot: number, uplink: AngularDelayCsi): void;
}

/** Further HTTP on the server's port: a page that comes with whatever embeds the server. */
export interface Pages {
  /** One segment, as `/ui`: everything under it, and nothing else, is asked of `answer`. */
  readonly path: string;
  /** @returns undefined where there is nothing at that path */
  answer(request: PageRequest, baseBand: BaseBand): Promise<PageAnswer | undefined>;
}

/** Pages, and what they need of their server. */
export interface PagesContext {
  readonly pages: Pages;
  /** Undefined where no tokens are asked for. */
  readonly accessControl: AccessControl | undefined;
  readonly baseBand: BaseBand;
  readonly onError: (error: unknown) => void;
}

/** First segments of the server's own paths. */
const ownSegments: readonly string[] = ['/models', '/healthz', '/readyz', '/metrics', '/v1'];

/** Pages whose path is one segment, and not the server's own. */
export const pagesSchema = v.pipe(
  instanceOf<Pages>('object'),
  v.check(
    ({ path }) => /^\/[a-z0-9-]+$/.test(path) && !ownSegments.includes(path),
    ({ input: { path } }) => `.path is ${path}, must be one segment like /ui and none of ${ownSegments.join(', ')}`,
  ),
);

/** Whether a request is for the pages. */
export function isOfPages({ path }: Pages, request: IncomingMessage): boolean {
  const asked = pathOf(request);
  return asked === path || asked.startsWith(`${path}/`);
}

/** Answers requests for the pages; what fails is answered with 500 and told to the context. */
export function pagesListener(context: PagesContext): RequestListener {
  return (request, response) => {
    answerPage(context, request, response).catch((error: unknown) => {
      context.onError(error);
      if (!response.headersSent) answer(request, response, 500, 'text/plain', 'the server failed\n');
    });
  };
}

async function answerPage(
  { pages, accessControl, baseBand }: PagesContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const say = (status: number, text: string, headers = {}) =>
    answer(request, response, status, 'text/plain', `${text}\n`, headers);
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (method !== 'GET' && method !== 'POST') {
    return say(405, 'only GET, HEAD and POST', { allow: 'GET, HEAD, POST' });
  }
  let ueId: string | undefined;
  if (method === 'POST') {
    if (isForeign(request.headers)) return say(403, 'pages of other origins may not post');
    try {
      ueId = (await accessControl?.check(bearerToken(request), 'ue'))?.ueId;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      return say(401, error.message, {
        'www-authenticate': `Bearer error="invalid_token", error_description="${error.message}"`,
      });
    }
  }
  const url = request.url ?? '/';
  const query = new URLSearchParams(url.includes('?') ? url.slice(url.indexOf('?') + 1) : '');
  const found = await pages.answer({ method, path: pathOf(request), query, ueId }, baseBand);
  if (found === undefined) say(404, 'not found');
  else if ('file' in found) void answerFile(request, response, found.file, found.headers);
  else answer(request, response, found.status, found.contentType, found.body, { 'cache-control': 'no-store' });
}

/** Browsers name the origin of whatever posts; it must be where the request goes. */
function isForeign({ origin, host }: IncomingHttpHeaders): boolean {
  return origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
}
