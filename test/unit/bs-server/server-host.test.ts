import { afterEach, expect, it } from 'vitest';
import { ServerHost, type ServerRole } from '../../../bs-server/src/net/server-host.ts';
import { resolveOptions } from '../../../bs-server/src/options.ts';
import { servedModel } from './served-model.ts';

const open: ServerHost[] = [];
afterEach(() => Promise.all(open.splice(0).map((host) => host.close())));

/** A host on free ports whose role is in the test's hands. */
function createHost(change: Partial<ServerRole> = {}) {
  const said: string[] = [];
  const role = {
    name: 'all' as const,
    ready: true,
    down: false,
    files: new Map(),
    upgrade: undefined,
    pages: undefined,
    health: () => ({ own: 'word' }),
    start: async () => {
      said.push('start');
      return 'cpu' as const;
    },
    beat: () => {
      said.push('beat');
    },
    load: async () => undefined,
    free: async () => undefined,
    users: () => [],
    queued: () => 0,
    modelsChanged: () => undefined,
    drain: async (timeoutMs: number) => {
      said.push(`drain ${timeoutMs}`);
    },
    close: async () => {
      said.push('close');
    },
    ...change,
  };
  const options = resolveOptions({ port: 0, modelsDirectory: '.', drainTimeoutMs: 7, logLevel: 'silent' });
  const host = new ServerHost(options, [servedModel('small', 1)], 1, () => role);
  open.push(host);
  return { host, role, said };
}

const statusOf = async (url: string) => (await fetch(url)).status;

it('a host is ready while it serves and its role is', async () => {
  const { host, role } = createHost();
  await host.start();
  expect(await statusOf(`${host.url}/readyz`)).toBe(200);
  role.ready = false;
  expect(await statusOf(`${host.adminUrl}/readyz`)).toBe(503);
  role.ready = true;
  await host.drain();
  expect(await statusOf(`${host.url}/readyz`)).toBe(503);
});

it('a host tells what every server does, then what its role does, and fails with its role', async () => {
  const { host, role } = createHost();
  await host.start();
  const health = async () => (await (await fetch(`${host.url}/healthz`)).json()) as object;
  expect(await health()).toEqual({
    role: 'all',
    status: 'serving',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/),
    executionProvider: 'cpu',
    own: 'word',
  });
  role.down = true;
  expect([await statusOf(`${host.url}/healthz`), await health()]).toMatchObject([503, { status: 'failed' }]);
});

it('a host drains and closes its role once, however often it is asked', async () => {
  const { host, said } = createHost();
  await host.start();
  await Promise.all([host.drain(), host.drain()]);
  await Promise.all([host.close(), host.close(), host[Symbol.asyncDispose]()]);
  expect(said.filter((word) => word !== 'beat')).toEqual(['start', 'drain 7', 'close']);
});

it('a host whose role does not start closes what is open and says why', async () => {
  const { host, said } = createHost({ start: () => Promise.reject(new Error('no decoder')) });
  await expect(host.start()).rejects.toThrow('no decoder');
  expect(said).toEqual(['close']);
  await expect(fetch(`${host.url}/healthz`)).rejects.toThrow();
});
