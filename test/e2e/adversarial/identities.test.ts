import { signAccessToken } from '@edge-csi/bs-server';
import { paths } from '@edge-csi/proto';
import { connectUe } from '@edge-csi/ue-client';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { Connection, until, within } from '../bs-server-harness.ts';
import { Arena, expectRefusal, rawExchange, upgradeRequest } from './arena.ts';

let arena: Arena;

afterEach(() => arena.close());

describe('with two UEs of one id, a BS server', () => {
  beforeEach(async () => {
    arena = await Arena.open();
  });

  it('refuses the second and keeps the connection that has it', async () => {
    const connection = await Connection.open(arena.server.url, paths.ue);
    connection.sendFrame('hello', arena.hello('healthy'));
    await arena.during(expectRefusal(connection, 'duplicate-ue', 4409));
    await until('the end of the connection', () => arena.server.stats().connections.ues === 1);
  });

  it('refuses 100 at once and asks the one that has it for one sign of life', async () => {
    const { socket } = (await arena.join('ue-1')).connection;
    let pings = 0;
    socket.on('ping', () => pings++);
    const newcomers = Array.from({ length: 100 }, async () => {
      const connection = await Connection.open(arena.server.url, paths.ue);
      connection.sendFrame('hello', arena.hello('ue-1'));
      await expectRefusal(connection, 'duplicate-ue', 4409);
    });
    await arena.during(Promise.all(newcomers));
    expect(pings).toBeLessThan(100);
    expect(socket.readyState).toBe(WebSocket.OPEN);
  });

  it('gives the id away where its connection no longer answers', async () => {
    const dead = await arena.join('ue-1');
    dead.connection.socket.pause();
    const successor = await arena.during(arena.join('ue-1'));
    expect(successor.epoch).not.toBe(dead.epoch);
    expect(await successor.outcomeOf(successor.report(arena.sample).seq)).toBe('decoded');
    dead.connection.socket.terminate();
  });
});

describe('with allowed origins, a BS server', () => {
  beforeEach(async () => {
    arena = await Arena.open({ allowedOrigins: ['https://ue.example'] });
  });

  it('turns away pages from elsewhere before the upgrade, and nobody else', async () => {
    const open = (origin: string) => Connection.open(arena.server.url, paths.ue, { origin });
    await open('https://ue.example');
    for (const origin of ['https://evil.example', 'http://ue.example', 'https://ue.example:8443', 'null']) {
      await expect(open(origin)).rejects.toThrow('403');
    }
    await arena.join('no-browser');
    expect(arena.server.stats().refused).toEqual({ origin: 4 });
  });
});

describe('with a token secret, a BS server', () => {
  const tokenSecret = 'thirty-two random bytes or more, in earnest';
  const tokenFor = (ueId: string, ttlSeconds = 60) => signAccessToken(tokenSecret, { role: 'ue', ueId, ttlSeconds });

  beforeEach(async () => {
    const headers = { authorization: `Bearer ${await tokenFor('healthy')}` };
    arena = await Arena.open({ tokenSecret }, { headers });
  });

  const openWith = (token: string | undefined, path: string = paths.ue) =>
    Connection.open(
      arena.server.url,
      path,
      token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
    );

  it('refuses every path before the upgrade without a token of its own role', async () => {
    const feed = await signAccessToken(tokenSecret, { role: 'phy', ttlSeconds: 60 });
    const subscriber = await signAccessToken(tokenSecret, { role: 'estimates', ttlSeconds: 60 });
    const tokens = { [paths.ue]: await tokenFor('ue-1'), [paths.phy]: feed, [paths.estimates]: subscriber };
    let refusals = 0;
    for (const [path, right] of Object.entries(tokens)) {
      const wrong = [undefined, '', 'x', `${right}x`, ...Object.values(tokens).filter((token) => token !== right)];
      for (const token of wrong) await expect(openWith(token, path)).rejects.toThrow('401');
      refusals += wrong.length;
      await openWith(right, path);
    }
    expect(arena.server.stats().refused).toEqual({ token: refusals });
    const challenge = await rawExchange(arena.server.port, upgradeRequest(paths.ue));
    expect(challenge).toMatch(
      /\r\nWWW-Authenticate: Bearer error="invalid_token", error_description="a token is needed"/,
    );
  });

  it('takes a token as a subprotocol, and never answers with it', async () => {
    const offered = ['edge-csi.v1', `edge-csi.token.${await tokenFor('ue-1')}`];
    const socket = new WebSocket(arena.server.url.replace(/^http/, 'ws') + paths.ue, offered);
    await within('the upgrade', new Promise((resolve) => socket.once('open', resolve)));
    expect(socket.protocol).toBe('edge-csi.v1');
    socket.terminate();
    const alone = await rawExchange(arena.server.port, upgradeRequest(paths.ue, offered[1]));
    expect(alone).toMatch(/^HTTP\/1.1 400 /);
  });

  it('refuses a Hello of another UE than the token is for, or with another token', async () => {
    const token = await tokenFor('ue-1');
    const other = await openWith(token);
    other.sendFrame('hello', arena.hello('healthy'));
    await expectRefusal(other, 'unauthorized', 4401);
    const confused = await openWith(token);
    confused.sendFrame('hello', arena.hello('ue-1', { token: await tokenFor('ue-1', 61) }));
    await expectRefusal(confused, 'unauthorized', 4401);
    const repeating = await openWith(token);
    repeating.sendFrame('hello', arena.hello('ue-1', { token }));
    await repeating.next('welcome');
  });

  it('ends a session when its token expires, even of a UE that is silent', async () => {
    const silent = await openWith(await tokenFor('ue-1', 1));
    silent.sendFrame('hello', arena.hello('ue-1'));
    await silent.next('welcome');
    const { message, retryable } = await arena.during(expectRefusal(silent, 'unauthorized', 4401));
    expect(message).toBe('the token has expired');
    expect(retryable).toBe(false);
    await expect(openWith(await tokenFor('ue-1', -0.001).catch(() => 'none'))).rejects.toThrow('401');
  });

  const ueOptions = () => ({
    url: arena.server.url.replace(/^http/, 'ws'),
    ueId: 'ue-1',
    model: arena.model,
    reconnect: { minDelayMs: 1, maxDelayMs: 1 },
  });

  it('ends a UE client with a clear error where its token is refused, or expires', async () => {
    await expect(connectUe({ ...ueOptions(), token: 'wrong' })).rejects.toMatchObject({
      code: 'unauthorized',
      retryable: false,
      message: expect.stringContaining('the token is not valid'),
    });
    // Long enough for a busy machine to connect before it ends.
    const ue = await connectUe({ ...ueOptions(), token: await tokenFor('ue-1', 3) });
    expect(await arena.during(ue.closed)).toMatchObject({
      code: 'unauthorized',
      message: 'the token has expired',
      retryable: false,
    });
  });

  it('is joined again by a UE client that has a source of fresh tokens', async () => {
    const lifetimes = [1, 60];
    const states: string[] = [];
    await using ue = await connectUe({
      ...ueOptions(),
      token: () => tokenFor('ue-1', lifetimes.shift()),
      onStateChange: (state) => states.push(state),
    });
    await arena.during(until('the second session', () => states.filter((state) => state === 'ready').length === 2));
    expect(lifetimes).toEqual([]);
    expect(ue.state).toBe('ready');
  });
});
