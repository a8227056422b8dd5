import { once } from 'node:events';
import { connect } from 'node:net';
import { encodeFrame, paths } from '@edge-csi/proto';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection, until, within } from '../bs-server-harness.ts';
import { scaled } from '../scale.ts';
import { Arena, expectRefusal, rawConnection, upgradeRequest, webSocketFrame } from './arena.ts';

let arena: Arena;

const waves = scaled(3, 10);
const connectionsPerWave = 200;
const numConnections = waves * connectionsPerWave;

afterEach(() => arena.close());

/** Connects, greets and hangs up, all in one go. @returns what came back */
async function flash(port: number, ueId: string): Promise<string> {
  const { socket, closed } = rawConnection(port);
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  const hello = webSocketFrame(encodeFrame('hello', arena.hello(ueId)));
  socket.end(Buffer.concat([Buffer.from(upgradeRequest(paths.ue)), hello]));
  await closed;
  return answer;
}

describe('against floods, a BS server', () => {
  it(`survives a reconnect storm of ${numConnections} and lets another address in all the while`, async () => {
    arena = await Arena.open({ limits: { connectionsPerSecond: 400, connectionsPerSecondPerAddress: 5 } });
    const { port } = arena.server;
    const wave = (k: number) =>
      Promise.all(Array.from({ length: connectionsPerWave }, (_, i) => flash(port, `storm-${k}-${i}`)));
    const storm = async () => {
      const answers: string[] = [];
      for (let k = 0; k < waves; k++) answers.push(...(await wave(k)));
      return answers;
    };
    const stormed = arena.during(storm());
    const elsewhere = await arena.join('elsewhere', { localAddress: '127.0.0.2' });
    expect(await elsewhere.outcomeOf(elsewhere.report(arena.sample).seq)).toBe('decoded');

    const answers = await stormed;
    const admitted = answers.filter((answer) => answer.startsWith('HTTP/1.1 101 ')).length;
    const turnedAway = arena.server.stats().refused['connection-rate-per-address'] ?? 0;
    expect(admitted).toBeGreaterThan(0);
    expect(turnedAway).toBeGreaterThan(0);
    expect(admitted + turnedAway).toBe(numConnections);
    await until('the storm to be over', () => arena.server.stats().connections.ues === 2);
  });

  it('bounds the connections of one address, upgraded or not, and gives them back', async () => {
    arena = await Arena.open({ limits: { maxConnectionsPerAddress: 4 } });
    const { port } = arena.server;
    const held = Array.from({ length: 3 }, () => rawConnection(port));
    await Promise.all(held.map(({ socket }) => once(socket, 'connect')));
    await within('the end of the fifth', rawConnection(port).closed);
    expect(arena.server.stats().refused).toEqual({ 'connections-per-address': 1 });
    const elsewhere = connect({ port, host: '127.0.0.1', localAddress: '127.0.0.2' });
    await once(elsewhere, 'connect');
    elsewhere.destroy();
    for (const { socket } of held) socket.destroy();
    await within('the ends', Promise.all(held.map(({ closed }) => closed)));
    // The server hears of it a moment after this end.
    let connection: Connection | undefined;
    while (connection === undefined) {
      connection = await Connection.open(arena.server.url, paths.estimates).catch(() => undefined);
    }
  });

  it('turns away more UEs than it has room for, and takes one again when another has left', async () => {
    arena = await Arena.open({ limits: { maxUes: 2 } });
    const ue = await arena.join('ue-1');
    const { retryable } = await expectRefusal(await Connection.open(arena.server.url, paths.ue), 'overload', 4429);
    expect(retryable).toBe(true);
    ue.connection.socket.close();
    await until('the end of the connection', () => arena.server.stats().connections.ues === 1);
    await arena.join('ue-2');
  });

  it('refuses reports beyond the period, counted, and keeps the UE', async () => {
    // At 320 ms a machine would have to stall for three seconds in the burst before the server let all of it pass.
    arena = await Arena.open({ slotMs: 1, limits: { reportBurst: 20 } });
    const ue = await arena.join('fast');
    await arena.server.reconfigure('fast', { reportPeriodSlots: 320 });
    // Until it reports under the longer period, a UE may not have heard of it and is held to the shorter one.
    ue.config = (await ue.connection.next('reconfigure')).config;
    for (let i = 0; i < 38; i++) ue.report(arena.sample);
    const { seq, message } = await arena.during(ue.connection.next('reject'));
    expect(seq).toBeGreaterThan(20);
    expect(message).toBe('rate-limited: the period is 320 slots');
    await until('all reports', () => (arena.server.stats().reasons['invalid/rate-limited'] ?? 0) > 0);
    expect(ue.connection.socket.readyState).toBe(ue.connection.socket.OPEN);
    // As fast as that its reports are welcome where it is told so.
    await arena.server.reconfigure('fast', { reportPeriodSlots: 1 });
    ue.config = (await ue.connection.next('reconfigure')).config;
    let outcome: string | undefined;
    while (outcome !== 'decoded') outcome = await ue.outcomeOf(ue.report(arena.sample).seq);
  });

  it('closes a UE that goes on reporting far beyond its period', async () => {
    arena = await Arena.open({ slotMs: 1, limits: { reportBurst: 1_000 } });
    const ue = await arena.join('fast');
    await arena.server.reconfigure('fast', { reportPeriodSlots: 320 });
    ue.config = (await ue.connection.next('reconfigure')).config;
    for (let i = 0; i < 3_000; i++) ue.report(arena.sample);
    const closed = await arena.during(within('the close', ue.connection.closed));
    expect(closed).toEqual({ code: 4429, reason: 'overload' });
    const { reasons } = arena.server.stats();
    expect(reasons['invalid/rate-limited']).toBeGreaterThanOrEqual(1_000);
    expect(reasons['invalid/rate-limited']).toBeLessThan(2_000);
  });

  it('cuts a peer that sends and never reads', async () => {
    arena = await Arena.open({ limits: { maxBufferedBytes: 2 ** 16 } });
    const { socket, closed } = rawConnection(arena.server.port);
    socket.pause();
    socket.write(upgradeRequest(paths.phy));
    const csi = { numAntennas: 1, numDelays: 1, domain: 'angular-delay', encoding: 'float32' } as const;
    const uplink = encodeFrame('uplink', { ueId: 'u'.repeat(64), slot: 1, csi: { ...csi, values: new Uint8Array(8) } });
    const refusedUplinks = Buffer.concat(Array<Buffer>(1_000).fill(webSocketFrame(uplink)));
    const flood = async () => {
      while (!socket.destroyed) {
        const more = socket.write(refusedUplinks);
        if (!more) await Promise.race([once(socket, 'drain').catch(() => undefined), closed]);
      }
    };
    // The buffers of both ends' kernels come first, some megabytes.
    await arena.during(within('the cut', Promise.race([flood(), closed]), 100_000));
    await until('the end of the connection', () => arena.server.stats().connections.phyFeeds === 0);
    expect(arena.server.stats().rejects.overload).toBe(1);
    const { received, invalid } = arena.server.stats().uplinks;
    expect(invalid).toBe(received);
  }, 120_000);

  it('lets a subscriber that stops reading miss estimates, counted, and no other', async () => {
    arena = await Arena.open({ limits: { maxBufferedBytes: 2 ** 16 } });
    const slow = await Connection.open(arena.server.url, paths.estimates);
    const reading = await Connection.open(arena.server.url, paths.estimates);
    slow.socket.pause();
    let published = 0;
    reading.socket.on('message', () => published++);
    const skipped = () => arena.server.stats().estimates.skipped;
    await arena.during(
      (async () => {
        while (skipped() === 0) await new Promise((resolve) => setImmediate(resolve));
      })(),
    );
    await until('the estimates', () => published === arena.server.stats().decoded);
    expect(arena.server.stats().estimates.sent + skipped()).toBe(2 * published);
    slow.socket.terminate();
  });

  it('survives pings whose pongs nobody reads', async () => {
    arena = await Arena.open({ limits: { maxBufferedBytes: 2 ** 16 } });
    const { socket, closed } = rawConnection(arena.server.port);
    socket.pause();
    socket.write(upgradeRequest(paths.ue));
    const pings = Buffer.concat(Array<Buffer>(1_000).fill(webSocketFrame(new Uint8Array(125), 9)));
    for (let i = 0; i < 200; i++) socket.write(pings);
    await arena.during(within('the end of the connection', closed));
    await until('the end of the connection', () => arena.server.stats().connections.ues === 1);
  });
});
