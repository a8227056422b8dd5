import { connect, type Socket } from 'node:net';
import { type BsServer, startBsServer } from '@edge-csi/bs-server';
import { type ModelBundle, toHex } from '@edge-csi/models';
import { encodeFrame, maxFrameBytes, paths, protocolVersion, type Reject } from '@edge-csi/proto';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Connection,
  createSample,
  firstModel,
  type Sample,
  TestUe,
  until,
  uplinkFrame,
  within,
} from './bs-server-harness.ts';

let model: ModelBundle;
let sample: Sample;
let server: BsServer;
let healthy: TestUe;

function start(options: Parameters<typeof startBsServer>[0] = {}): Promise<BsServer> {
  return startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    models: [model.manifest.id],
    deadlineMs: 5_000,
    uplinkWaitMs: 0,
    ...options,
  });
}

/** Another UE is served as if nothing had happened, and every report is accounted for. */
async function expectUnharmed(): Promise<void> {
  const { seq } = healthy.report(sample);
  expect(await healthy.outcomeOf(seq)).toBe('decoded');
  const { received, decoded, superseded, late, shed, invalid, inFlight } = server.stats();
  expect(received).toBe(decoded + superseded + late + shed + invalid + inFlight);
}

/** The connection is told an error by name and closed with its code. */
async function expectRefusal(connection: Connection, code: string, closeCode: number): Promise<Reject> {
  const reject = await connection.next('reject');
  expect(reject.code).toBe(code);
  expect(await within('the close', connection.closed)).toEqual({ code: closeCode, reason: code });
  return reject;
}

const hello = (ueId: string, change: object = {}) => ({
  ueId,
  protocol: protocolVersion,
  models: [{ id: model.manifest.id, sha256: model.sha256 }],
  token: '',
  ...change,
});

beforeAll(async () => {
  model = await firstModel();
  sample = createSample(model, 7);
});

describe('on a connection of its own, a BS server', () => {
  beforeEach(async () => {
    server = await start();
    healthy = await TestUe.join(server.url, 'healthy', model);
    await expectUnharmed();
  });

  afterEach(async () => {
    await expectUnharmed();
    await server.close();
  });

  const aReport = () => {
    const { id } = model.manifest;
    const { codeword, scale, phase, payloadBits } = sample;
    const content = { codeword, scale, phase, payloadBits, processingUs: 1 };
    return encodeFrame('report', { epoch: healthy.epoch, seq: 1, slot: 1, modelId: id, revision: 1, ...content });
  };
  it.each<[string, () => Uint8Array | string]>([
    ['an empty frame', () => new Uint8Array()],
    ['random bytes', () => Uint8Array.from({ length: 100 }, (_, i) => (i * 193 + 7) & 255)],
    ['a truncated frame', () => encodeFrame('hello', hello('ue-1')).subarray(0, -3)],
    ['a frame with something behind it', () => Uint8Array.of(...encodeFrame('hello', hello('ue-1')), 0)],
    ['an oversized frame', () => new Uint8Array(maxFrameBytes.ue + 1)],
    ['a text message', () => 'hello'],
    ['a report before Hello', aReport],
    ['a frame that only a server sends', () => encodeFrame('ack', { seqs: [1], outcomes: ['decoded'] })],
  ])('refuses %s', async (_name, frame) => {
    const connection = await Connection.open(server.url, paths.ue);
    connection.send(frame());
    const reject = await expectRefusal(connection, 'bad-frame', 4400);
    expect(reject.retryable).toBe(false);
    expect(server.stats().rejects).toEqual({ 'bad-frame': 1 });
  });

  it('cuts off a message far beyond the limit without reading it to the end', async () => {
    const connection = await Connection.open(server.url, paths.ue);
    connection.send(new Uint8Array(1_000_000));
    expect((await within('the close', connection.closed)).code).toBe(1009);
  });

  it('refuses a second Hello', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    ue.connection.sendFrame('hello', hello('ue-2'));
    await expectRefusal(ue.connection, 'bad-frame', 4400);
  });

  it.each<[string, () => object, string, number]>([
    ['another protocol version', () => ({ protocol: 2 }), 'protocol-version', 4400],
    ['an unknown model', () => ({ models: [{ id: 'no-such-model', sha256: model.sha256 }] }), 'model-unknown', 4404],
    [
      'a model of another version',
      () => ({ models: [{ id: model.manifest.id, sha256: new Uint8Array(32) }] }),
      'model-mismatch',
      4404,
    ],
  ])('refuses a Hello with %s', async (_name, change, code, closeCode) => {
    const connection = await Connection.open(server.url, paths.ue);
    connection.sendFrame('hello', hello('ue-1', change()));
    const { message } = await expectRefusal(connection, code, closeCode);
    if (code === 'model-mismatch') expect(message).toContain(toHex(model.sha256));
    if (code === 'model-unknown') expect(message).toContain(model.manifest.id);
  });

  it('names a model and where to fetch it to a UE that holds none', async () => {
    const connection = await Connection.open(server.url, paths.ue);
    connection.sendFrame('hello', hello('ue-1', { models: [] }));
    const { config } = await connection.next('welcome');
    expect(config.model).toEqual({ id: model.manifest.id, sha256: model.sha256 });
    expect((await fetch(server.url + config.modelUrl)).status).toBe(200);
  });

  it('refuses a UE id that is in use and keeps the connection that has it', async () => {
    const connection = await Connection.open(server.url, paths.ue);
    connection.sendFrame('hello', hello('healthy'));
    await expectRefusal(connection, 'duplicate-ue', 4409);
    await until('the end of the connection', () => server.stats().connections.ues === 1);
  });

  it('gives a UE id away whose connection no longer answers', async () => {
    const dead = await TestUe.join(server.url, 'ue-1', model);
    dead.connection.socket.pause();
    const successor = await TestUe.join(server.url, 'ue-1', model);
    expect(successor.epoch).not.toBe(dead.epoch);
    expect(await successor.outcomeOf(successor.report(sample).seq)).toBe('decoded');
    dead.connection.socket.terminate();
  });

  it.each<[string, () => object, string]>([
    [
      'a codeword of the wrong length',
      () => ({ codeword: new Uint8Array(sample.codeword.length + 1) }),
      'invalid/size',
    ],
    ['a phase of another length than payloadBits says', () => ({ phase: new Uint8Array(500) }), 'invalid/size'],
    [
      'a phase of another length than its codeword gives',
      () => ({ phase: Uint8Array.of(...sample.phase, 0), payloadBits: sample.payloadBits + 8 }),
      'invalid/phase',
    ],
    ['another epoch', () => ({ epoch: 4_000_000 }), 'invalid/epoch'],
    ['a revision that was never told', () => ({ revision: 2 }), 'invalid/revision'],
    ['a model that was not asked for', () => ({ modelId: 'no-such-model' }), 'invalid/model'],
  ])('refuses a report with %s by its seq and keeps the connection', async (_name, change, reason) => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const { seq } = ue.report(sample, change());
    expect(await ue.connection.next('reject')).toMatchObject({ code: 'report-invalid', seq, retryable: false });
    expect(await ue.outcomeOf(seq)).toBe('invalid');
    expect(server.stats()).toMatchObject({ invalid: 1, reasons: { [reason]: 1 } });
    expect(await ue.outcomeOf(ue.report(sample).seq)).toBe('decoded');
  });

  it('refuses a sequence number that comes again', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const first = ue.report(sample);
    expect(await ue.outcomeOf(first.seq)).toBe('decoded');
    ue.report(sample, { seq: first.seq });
    expect(await ue.connection.next('reject')).toMatchObject({ code: 'report-invalid', seq: first.seq });
    expect(server.stats()).toMatchObject({ decoded: 2, invalid: 1, reasons: { 'invalid/seq': 1 } });
  });

  it('refuses uplink CSI that cannot be used and keeps the feed', async () => {
    const phy = await Connection.open(server.url, paths.phy);
    const notFinite = sample.uplink.map((value, k) => (k === 5 ? Number.NaN : value));
    const { numAntennas, numDelays } = model.manifest.csi;
    const values = new Uint8Array(notFinite.buffer);
    const shape = { numAntennas, numDelays, domain: 'angular-delay', encoding: 'float32' } as const;
    phy.sendFrame('uplink', { ueId: 'ue-1', slot: 1, csi: { ...shape, values } });
    const nan = await phy.next('reject');
    expect(nan).toMatchObject({ code: 'uplink-invalid', message: expect.stringContaining('NaN at value 5') });
    phy.sendFrame('uplink', {
      ueId: 'ue-1',
      slot: 1,
      csi: { ...shape, numDelays: 1, values: values.slice(0, 8 * numAntennas) },
    });
    const shapeless = await phy.next('reject');
    expect(shapeless).toMatchObject({ code: 'uplink-invalid', message: expect.stringContaining(`${numAntennas} x 1`) });

    phy.send(uplinkFrame(model, 'ue-1', 1, sample.uplink));
    await until('the uplink', () => server.stats().uplinks.received === 3);
    expect(server.stats().uplinks).toMatchObject({ received: 3, invalid: 2 });
    const ue = await TestUe.join(server.url, 'ue-1', model);
    await ue.outcomeOf(ue.report(sample).seq);
    expect(server.stats().qualities).toMatchObject({ fresh: 1 });
  });

  it('closes a feed or a subscriber that sends something else', async () => {
    for (const path of [paths.phy, paths.estimates]) {
      const connection = await Connection.open(server.url, path);
      connection.sendFrame('hello', hello('ue-1'));
      await expectRefusal(connection, 'bad-frame', 4400);
    }
  });

  it('forgets a UE whose connection breaks with a report under way', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    ue.report(sample);
    ue.connection.socket.terminate();
    await until('the end of the connection', () => server.stats().connections.ues === 1);
    await until('the report', () => server.stats().inFlight === 0);
    await TestUe.join(server.url, 'ue-1', model);
  });

  it('turns away paths and subprotocols it does not know', async () => {
    await expect(Connection.open(server.url, '/v1/other')).rejects.toThrow('404');
    await expect(Connection.open(server.url, '/v1/ue/../phy/x')).rejects.toThrow('404');
    const response = await rawExchange(server.port, upgradeRequest(paths.ue, 'something-else'));
    expect(response).toMatch(/^HTTP\/1.1 400 /);
  });
});

describe('against peers that say nothing, a BS server', () => {
  const limits = { helloTimeoutMs: 200, pingIntervalMs: 100, idleTimeoutMs: 400 };

  beforeEach(async () => {
    server = await start(limits);
    healthy = await TestUe.join(server.url, 'healthy', model);
  });

  afterEach(async () => {
    await expectUnharmed();
    await server.close();
  });

  it('closes a connection without a byte, and one with half a request', async () => {
    await rawExchange(server.port, '');
    await rawExchange(server.port, 'GET /v1/ue HTTP/1.1\r\nHost: bs\r\n');
  });

  it('closes a UE that does not say Hello', async () => {
    const connection = await Connection.open(server.url, paths.ue);
    const { retryable } = await expectRefusal(connection, 'timeout', 4408);
    expect(retryable).toBe(true);
  });

  it('closes a connection that leaves pings unanswered, and keeps an idle one that answers', async () => {
    const idle = await Connection.open(server.url, paths.estimates);
    const deaf = await Connection.open(server.url, paths.estimates, { autoPong: false });
    await expectRefusal(deaf, 'timeout', 4408);
    expect(idle.socket.readyState).toBe(idle.socket.OPEN);
  });

  it('closes a connection that stops in the middle of a frame', async () => {
    // A binary frame of 100 bytes, masked with zeros, of which three come.
    const half = Buffer.of(0x82, 0x80 | 100, 0, 0, 0, 0, 1, 2, 3);
    const stuck = await rawExchange(server.port, Buffer.concat([Buffer.from(upgradeRequest(paths.phy)), half]));
    expect(stuck).toMatch(/^HTTP\/1.1 101 /);
    await until('the end of the connection', () => server.stats().connections.phyFeeds === 0);
  });
});

describe('with limits, a BS server', () => {
  afterEach(() => server.close());

  it('asks every connection for its token', async () => {
    server = await start({ token: 'secret' });
    const ue = await Connection.open(server.url, paths.ue);
    ue.sendFrame('hello', hello('ue-1', { token: 'guess' }));
    await expectRefusal(ue, 'unauthorized', 4401);
    const welcome = await Connection.open(server.url, paths.ue);
    welcome.sendFrame('hello', hello('ue-1', { token: 'secret' }));
    await welcome.next('welcome');
    for (const path of [paths.phy, paths.estimates]) {
      await expectRefusal(await Connection.open(server.url, path), 'unauthorized', 4401);
      const authorized = await Connection.open(server.url, path, { headers: { authorization: 'Bearer secret' } });
      await until(
        'the connection',
        () => server.stats().connections[path === paths.phy ? 'phyFeeds' : 'subscribers'] === 1,
      );
      expect(authorized.socket.readyState).toBe(authorized.socket.OPEN);
    }
  });

  it('turns away more UEs than it has room for, and takes one again when another has left', async () => {
    server = await start({ maxUes: 1 });
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const { retryable } = await expectRefusal(await Connection.open(server.url, paths.ue), 'overload', 4429);
    expect(retryable).toBe(true);
    ue.connection.socket.close();
    await until('the end of the connection', () => server.stats().connections.ues === 0);
    await TestUe.join(server.url, 'ue-2', model);
  });

  it('drops reports that are past their deadline, counted and answered', async () => {
    server = await start({ deadlineMs: 1 });
    healthy = await TestUe.join(server.url, 'healthy', model);
    const ues = await Promise.all(Array.from({ length: 8 }, (_, i) => TestUe.join(server.url, `ue-${i}`, model)));
    let sent = 0;
    await until('a late report', () => {
      for (const ue of ues) ue.report(sample);
      sent += ues.length;
      return server.stats().late > 0;
    });
    await until('the last report', () => server.stats().received === sent && server.stats().inFlight === 0);
    const { received, decoded, superseded, late } = server.stats();
    expect(received).toBe(decoded + superseded + late);
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    expect(metrics).toContain(`edge_csi_reports_settled_total{outcome="late",reason="deadline-passed"} ${late}`);
  });
});

function upgradeRequest(path: string, offered = 'edge-csi.v1'): string {
  const headers = ['Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  return [`GET ${path} HTTP/1.1`, 'Host: bs', ...headers, key, `Sec-WebSocket-Protocol: ${offered}`, '', ''].join(
    '\r\n',
  );
}

/** Sends bytes and returns what comes back until the server hangs up. */
async function rawExchange(port: number, request: string | Buffer): Promise<string> {
  const socket: Socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => socket.destroy());
  socket.write(request);
  await within('the server to hang up', ended);
  return Buffer.concat(chunks).toString('latin1');
}
