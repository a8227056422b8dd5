import { once } from 'node:events';
import { createRandom, type Random } from '@edge-csi/csi';
import { toHex } from '@edge-csi/models';
import { type CsiReport, encodeFrame, type Hello, maxFrameBytes, paths } from '@edge-csi/proto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Connection, type TestUe, until, uplinkFrame, within } from '../bs-server-harness.ts';
import { scaled } from '../scale.ts';
import { Arena, expectRefusal, rawConnection, rawExchange, upgradeRequest, webSocketFrame } from './arena.ts';

let arena: Arena;

afterEach(() => arena.close());

describe('a BS server', () => {
  beforeEach(async () => {
    arena = await Arena.open();
  });

  const aReport = () => {
    const { codeword, scale, phase, payloadBits } = arena.sample;
    const content = { codeword, scale, phase, payloadBits, processingUs: 1 };
    return encodeFrame('report', {
      epoch: 1,
      seq: 1,
      slot: 1,
      modelId: arena.model.manifest.id,
      revision: 1,
      ...content,
    });
  };
  it.each<[string, () => Uint8Array | string]>([
    ['an empty frame', () => new Uint8Array()],
    ['random bytes', () => Uint8Array.from({ length: 100 }, (_, i) => (i * 193 + 7) & 255)],
    ['a truncated frame', () => encodeFrame('hello', arena.hello('ue-1')).subarray(0, -3)],
    ['a frame with something behind it', () => Uint8Array.of(...encodeFrame('hello', arena.hello('ue-1')), 0)],
    ['an oversized frame', () => new Uint8Array(maxFrameBytes.ue + 1)],
    ['a text message', () => 'hello'],
    ['a report before Hello', aReport],
    ['a frame that only a server sends', () => encodeFrame('ack', { seqs: [1], outcomes: ['decoded'] })],
    ['a frame of another path', () => uplinkFrame(arena.model, 'ue-1', 1, arena.sample.uplink)],
  ])('refuses %s', async (_name, frame) => {
    const connection = await Connection.open(arena.server.url, paths.ue);
    connection.send(frame());
    const reject = await expectRefusal(connection, 'bad-frame', 4400);
    expect(reject.retryable).toBe(false);
    expect(arena.server.stats().rejects).toEqual({ 'bad-frame': 1 });
  });

  it.each<[string, Buffer]>([
    ['without a mask', Buffer.of(0x82, 1, 0)],
    ['with a reserved opcode', webSocketFrame(new Uint8Array(1), 3)],
    ['with a reserved bit', Buffer.of(0xc2, 0x81, 0, 0, 0, 0, 0)],
    ['that continues nothing', webSocketFrame(new Uint8Array(1), 0)],
    ['that pings with too much', webSocketFrame(new Uint8Array(126), 9)],
    ['that says it is exabytes long', Buffer.of(0x82, 0xff, 0x7f, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0)],
    ['that closes with half a code', webSocketFrame(new Uint8Array(1), 8)],
  ])('closes on a WebSocket frame %s', async (_name, frame) => {
    const request = Buffer.concat([Buffer.from(upgradeRequest(paths.ue)), frame]);
    expect(await arena.during(rawExchange(arena.server.port, request))).toMatch(/^HTTP\/1.1 101 /);
    expect(arena.server.stats().rejects).toEqual({ 'bad-frame': 1 });
  });

  it('closes on a message in endlessly many pieces', async () => {
    const piece = webSocketFrame(new Uint8Array(0), 0);
    piece[0] = 0;
    const first = Buffer.of(0x02, 0x80, 0, 0, 0, 0);
    const request = Buffer.concat([Buffer.from(upgradeRequest(paths.ue)), first, ...Array(100_000).fill(piece)]);
    expect(await arena.during(rawExchange(arena.server.port, request))).toMatch(/^HTTP\/1.1 101 /);
  });

  it('cuts off a message far beyond the limit without reading it to the end', async () => {
    const connection = await Connection.open(arena.server.url, paths.ue);
    connection.send(new Uint8Array(1_000_000));
    expect((await within('the close', connection.closed)).code).toBe(1009);
  });

  it('refuses a second Hello', async () => {
    const ue = await arena.join('ue-1');
    ue.connection.sendFrame('hello', arena.hello('ue-2'));
    await expectRefusal(ue.connection, 'bad-frame', 4400);
  });

  it.each<[string, () => Partial<Hello>, string, number]>([
    ['another protocol version', () => ({ protocol: 2 }), 'protocol-version', 4400],
    [
      'an unknown model',
      () => ({ models: [{ id: 'no-such-model', sha256: arena.model.sha256 }] }),
      'model-unknown',
      4404,
    ],
    [
      'a model of another version',
      () => ({ models: [{ id: arena.model.manifest.id, sha256: new Uint8Array(32) }] }),
      'model-mismatch',
      4404,
    ],
  ])('refuses a Hello with %s', async (_name, change, code, closeCode) => {
    const connection = await Connection.open(arena.server.url, paths.ue);
    connection.sendFrame('hello', arena.hello('ue-1', change()));
    const { message } = await expectRefusal(connection, code, closeCode);
    if (code === 'model-mismatch') expect(message).toContain(toHex(arena.model.sha256));
    if (code === 'model-unknown') expect(message).toContain(arena.model.manifest.id);
  });

  it('closes a feed or a subscriber that sends something else', async () => {
    for (const path of [paths.phy, paths.estimates]) {
      const connection = await Connection.open(arena.server.url, path);
      connection.sendFrame('hello', arena.hello('ue-1'));
      await expectRefusal(connection, 'bad-frame', 4400);
    }
  });

  it('turns away paths and subprotocols it does not know', async () => {
    await expect(Connection.open(arena.server.url, '/v1/other')).rejects.toThrow('404');
    await expect(Connection.open(arena.server.url, '/v1/ue/../phy/x')).rejects.toThrow('404');
    const response = await rawExchange(arena.server.port, upgradeRequest(paths.ue, 'something-else'));
    expect(response).toMatch(/^HTTP\/1.1 400 /);
    expect(arena.server.stats().refused).toEqual({ path: 2, subprotocol: 1 });
  });
});

/** Frames on connections of their own: one that is no frame ends its connection. */
const numConnections = scaled(400, 2_000);
const framesPerConnection = 30;
/** Frames in sessions, all well-formed: whatever their content, the session goes on. */
const numSessions = 8;
const reportsPerSession = scaled(1_000, 5_000);
const numFrames = numConnections * framesPerConnection + numSessions * reportsPerSession;

describe(`against ${numFrames} random and mutated frames, a BS server`, () => {
  beforeEach(async () => {
    const most = 2 ** 20;
    const limits = { connectionsPerSecond: most, connectionsPerSecondPerAddress: most, reportBurst: most };
    arena = await Arena.open({ limits });
  });

  it('closes connections and refuses reports, and serves its UE throughout', async () => {
    const random = createRandom(20_260);
    const ues = await Promise.all(Array.from({ length: numSessions }, (_, i) => arena.join(`fuzz-${i}`)));
    const before = arena.server.stats().received;
    const sessions = ues.map((ue) => sendReports(ue, random));
    await arena.during(Promise.all([...sessions, sendBrokenFrames(random)]));
    await until('the connections to end', () => arena.server.stats().connections.ues === 1 + numSessions);

    await until('the last report', () => arena.server.stats().inFlight === 0);
    const { received, invalid, rejects } = arena.server.stats();
    expect(received - before).toBeGreaterThanOrEqual(numSessions * reportsPerSession);
    expect(invalid).toBeGreaterThan(numSessions * reportsPerSession * 0.5);
    expect(rejects['report-invalid']).toBe(invalid);
    expect(rejects['bad-frame']).toBeGreaterThan(0.9 * numConnections);
    for (const ue of ues) expect(ue.connection.socket.readyState).toBe(ue.connection.socket.OPEN);
  }, 240_000);
});

/** Whatever a report may say, right or wrong, as fast as the socket takes it. */
async function sendReports({ connection: { socket }, epoch, config }: TestUe, random: Random): Promise<void> {
  socket.removeAllListeners('message');
  const { codeword, scale, phase, payloadBits } = arena.sample;
  const whole = (below: number) => Math.floor(random.uniform() * below);
  const noise = (length: number) => Uint8Array.from({ length }, () => whole(256));
  const mutations: readonly (() => Partial<CsiReport>)[] = [
    () => ({ codeword: noise(codeword.length) }),
    () => ({ codeword: noise(1 + whole(400)), payloadBits: 1 + whole(8) }),
    () => ({ phase: noise(phase.length) }),
    () => ({ phase: noise(whole(400)), payloadBits: 1 + whole(8) }),
    () => ({ payloadBits: 1 + whole(8 * (codeword.length + phase.length)) }),
    () => ({ scale: whole(2 ** 16) }),
    () => ({ epoch: 1 + whole(2 ** 32 - 1) }),
    () => ({ seq: 1 + whole(2 ** 16) }),
    () => ({ slot: whole(2 ** 32) }),
    () => ({ revision: 1 + whole(2 ** 32 - 1) }),
    () => ({ modelId: `model-${whole(100)}` }),
    () => ({ processingUs: whole(2 ** 32) }),
  ];
  for (let seq = 1; seq <= reportsPerSession; seq++) {
    const change = (mutations[whole(mutations.length)] as (typeof mutations)[number])();
    const content = { codeword, scale, phase, payloadBits, processingUs: 1 };
    const identity = { epoch, seq, slot: seq, modelId: config.model.id, revision: config.revision };
    socket.send(encodeFrame('report', { ...identity, ...content, ...change }));
    if (seq % 100 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  // A pong comes behind the answer to everything before it.
  const answered = once(socket, 'pong');
  socket.ping();
  await answered;
}

/** Bytes that are hardly ever a frame, on every path. */
async function sendBrokenFrames(random: Random): Promise<void> {
  const whole = (below: number) => Math.floor(random.uniform() * below);
  const valid = [
    encodeFrame('hello', arena.hello('ue-1')),
    encodeFrame('reject', { code: 'overload', message: 'no', retryable: true, seq: 0 }),
    uplinkFrame(arena.model, 'ue-1', 1, arena.sample.uplink),
  ];
  const mutated = (): Uint8Array => {
    const base = valid[whole(valid.length)] as Uint8Array;
    const bytes = base.slice(0, 1 + whole(base.length));
    for (let k = 0; k <= whole(4); k++) bytes[whole(bytes.length)] = whole(256);
    return bytes;
  };
  const randomBytes = () => Uint8Array.from({ length: whole(200) }, () => whole(256));
  const frame = () =>
    webSocketFrame(random.uniform() < 0.5 ? mutated() : randomBytes(), whole(16) === 0 ? whole(16) : 2);
  const allPaths = Object.values(paths);
  const connectAndSend = async () => {
    const request = Buffer.from(upgradeRequest(allPaths[whole(allPaths.length)] as string));
    const { socket, closed } = rawConnection(arena.server.port);
    socket.resume();
    socket.end(Buffer.concat([request, ...Array.from({ length: framesPerConnection }, frame)]));
    await closed;
  };
  const perLane = numConnections / 16;
  const lane = async () => {
    for (let i = 0; i < perLane; i++) await connectAndSend();
  };
  await Promise.all(Array.from({ length: 16 }, lane));
}
