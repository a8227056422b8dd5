import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { AccessControl, signAccessToken } from '../../../bs-server/src/net/access-token.ts';
import type { PageAnswer, PageRequest, Pages } from '../../../bs-server/src/net/pages.ts';
import { publicListener } from '../../../bs-server/src/net/ports.ts';
import { resolveOptions } from '../../../bs-server/src/options.ts';

const secret = new TextEncoder().encode('a secret of at least thirty-two bytes');
const page = { contentType: 'text/html', etag: '"1"', bytes: new TextEncoder().encode('<p>page') };

let server: Server | undefined;
afterEach(() => server?.close());

/** A server with pages under /ui that answer as they are told; what they were asked is kept. */
async function serve(answer: (request: PageRequest) => Promise<PageAnswer | undefined>, withTokens = false) {
  const asked: PageRequest[] = [];
  const onError = vi.fn();
  const pages: Pages = {
    path: '/ui',
    answer: (request) => {
      asked.push(request);
      return answer(request);
    },
  };
  const accessControl = withTokens ? new AccessControl(secret, () => 0) : undefined;
  const context = { accessControl, onError, baseBand: { receiveUplink: () => undefined } };
  const probes = { health: () => ({ ok: true, body: {} }), ready: () => true };
  server = createServer(
    publicListener({ ...probes, files: () => new Map(), metrics: undefined, pages: { ...context, pages } }),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { asked, onError, get: (path: string, init?: RequestInit) => fetch(origin + path, init) };
}

const file = async (): Promise<PageAnswer> => ({ file: page, headers: { 'x-policy': 'strict' } });

describe('pages', () => {
  it('are asked for everything under their path and nothing else', async () => {
    const { asked, get } = await serve(file);
    const answer = await get('/ui/a%2e?b=1&b=2');
    expect(await answer.text()).toBe('<p>page');
    expect(answer.headers.get('x-policy')).toBe('strict');
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
    expect((await get('/ui')).status).toBe(200);
    expect((await get('/uix')).status).toBe(404);
    expect((await get('/healthz')).status).toBe(200);
    expect(asked.map(({ method, path, query }) => [method, path, query.getAll('b')])).toEqual([
      ['GET', '/ui/a%2e', ['1', '2']],
      ['GET', '/ui', []],
    ]);
  });

  it('answer HEAD without a body, and 304 to who has the file', async () => {
    const { get } = await serve(file);
    const head = await get('/ui', { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '7', '']);
    expect((await get('/ui', { headers: { 'if-none-match': '"1"' } })).status).toBe(304);
  });

  it('take POST from their own origin and from programs, and no other method', async () => {
    const { asked, get } = await serve(async () => undefined);
    const own = (await get('/ui')).url;
    expect((await get('/ui', { method: 'POST' })).status).toBe(404);
    expect((await get('/ui', { method: 'POST', headers: { origin: new URL(own).origin } })).status).toBe(404);
    for (const origin of ['https://elsewhere.example', 'null']) {
      expect((await get('/ui', { method: 'POST', headers: { origin } })).status).toBe(403);
    }
    expect((await get('/ui', { method: 'DELETE' })).status).toBe(405);
    expect(asked.map(({ method }) => method)).toEqual(['GET', 'POST', 'POST']);
  });

  it('hear of a POST only with the token of a UE, where tokens are asked for, and of which', async () => {
    const { asked, get } = await serve(file, true);
    const post = (token?: string) =>
      get('/ui', { method: 'POST', ...(token && { headers: { authorization: `Bearer ${token}` } }) });
    expect((await get('/ui')).status).toBe(200);
    expect((await post()).status).toBe(401);
    expect((await post('x.y.z')).status).toBe(401);
    expect((await post(await signAccessToken(secret, { role: 'phy', ttlSeconds: 60 }))).status).toBe(401);
    const token = await signAccessToken(secret, { role: 'ue', ueId: 'ue-1', ttlSeconds: 60 });
    expect((await post(token)).status).toBe(200);
    expect(asked.map(({ ueId }) => ueId)).toEqual([undefined, 'ue-1']);
  });

  it('that fail are answered with 500 and no more, and their failure is told', async () => {
    const { onError, get } = await serve(() => Promise.reject(new Error('inside')));
    const answer = await get('/ui');
    expect([answer.status, await answer.text()]).toEqual([500, 'the server failed\n']);
    expect(onError).toHaveBeenCalledWith(new Error('inside'));
  });

  it.each(['ui', '/', '/ui/', '/ui/page', '/models', '/v1', '/metrics', '/UI'])('cannot be at %s', (path) => {
    expect(() => resolveOptions({ pages: { path, answer: file } })).toThrow(
      `pages.path is ${path}, must be one segment`,
    );
  });
});
