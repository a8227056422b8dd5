import { paths } from '@edge-csi/proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection, until } from '../bs-server-harness.ts';
import { Arena, dribble, expectRefusal, rawExchange, upgradeRequest, webSocketFrame } from './arena.ts';

let arena: Arena;

afterEach(() => arena.close());

describe('against peers that hold on to a connection, a BS server', () => {
  beforeEach(async () => {
    arena = await Arena.open({ limits: { helloTimeoutMs: 200, pingIntervalMs: 100, idleTimeoutMs: 400 } });
  });

  it('closes one without a byte, and one with half a request', async () => {
    const { port } = arena.server;
    expect(await arena.during(rawExchange(port, ''))).toBe('');
    await arena.during(rawExchange(port, 'GET /v1/ue HTTP/1.1\r\nHost: bs\r\n'));
  });

  it('closes one whose headers trickle in', async () => {
    const head = 'GET /v1/ue HTTP/1.1\r\nHost: bs\r\nX-Slow: ';
    expect(await arena.during(dribble(arena.server.port, head, 20))).toMatch(/^(HTTP\/1.1 408 |$)/);
  });

  it('closes one that is refused and does not hang up', async () => {
    const answer = await arena.during(dribble(arena.server.port, upgradeRequest('/v1/other'), 20));
    expect(answer).toMatch(/^HTTP\/1.1 404 /);
  });

  it('refuses giant and countless headers', async () => {
    const { port } = arena.server;
    const giant = upgradeRequest(paths.ue, 'edge-csi.v1', [`X-Giant: ${'x'.repeat(1_000_000)}`]);
    expect(await arena.during(rawExchange(port, giant))).toMatch(/^(HTTP\/1.1 431 |$)/);
    const many = Array.from({ length: 2_000 }, (_, i) => `X-${i}: 1`);
    expect(await arena.during(rawExchange(port, upgradeRequest(paths.ue, 'edge-csi.v1', many)))).toMatch(
      /^(HTTP\/1.1 431 |$)/,
    );
  });

  it('closes a UE that does not say Hello', async () => {
    const connection = await Connection.open(arena.server.url, paths.ue);
    const { retryable } = await arena.during(expectRefusal(connection, 'timeout', 4408));
    expect(retryable).toBe(true);
  });

  it('closes one that leaves pings unanswered, and keeps an idle one that answers', async () => {
    const idle = await Connection.open(arena.server.url, paths.estimates);
    const deaf = await Connection.open(arena.server.url, paths.estimates, { autoPong: false });
    await expectRefusal(deaf, 'timeout', 4408);
    expect(idle.socket.readyState).toBe(idle.socket.OPEN);
  });

  it('closes one that stops in the middle of a frame', async () => {
    const half = webSocketFrame(new Uint8Array(100)).subarray(0, 9);
    const request = Buffer.concat([Buffer.from(upgradeRequest(paths.phy)), half]);
    expect(await arena.during(rawExchange(arena.server.port, request))).toMatch(/^HTTP\/1.1 101 /);
    await until('the end of the connection', () => arena.server.stats().connections.phyFeeds === 0);
  });
});

describe('against a frame that trickles in, a BS server', () => {
  it('closes the connection long before silence would', async () => {
    arena = await Arena.open({ limits: { progressTimeoutMs: 200 } });
    const head = webSocketFrame(new Uint8Array(60_000)).subarray(0, 20);
    const request = Buffer.concat([Buffer.from(upgradeRequest(paths.phy)), head]);
    const answer = await arena.during(dribble(arena.server.port, request, 20));
    expect(answer).toMatch(/^HTTP\/1.1 101 /);
    expect(answer).toContain('a frame is not complete after 200 ms');
    expect(arena.server.stats().rejects).toEqual({ timeout: 1 });
  });
});
