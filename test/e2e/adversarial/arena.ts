import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { get as getOverTls } from 'node:https';
import { connect, type Socket } from 'node:net';
import { type BsServer, type BsServerOptions, startBsServer } from '@edge-csi/bs-server';
import type { ModelBundle } from '@edge-csi/models';
import { type Hello, protocolVersion, type Reject } from '@edge-csi/proto';
import { expect } from 'vitest';
import type { WebSocket } from 'ws';
import { type Connection, createSample, firstModel, type Sample, TestUe, until, within } from '../bs-server-harness.ts';

/** How a UE connects. */
export type JoinOptions = WebSocket.ClientOptions;

/**
 * A server under attack with a well-behaved UE beside it.
 *
 * While an attack lasts the UE reports, and each of its reports must be decoded. In the end every report the server has
 * received must be accounted for, and nothing may have been thrown that nobody caught.
 */
export class Arena {
  readonly server: BsServer;
  readonly model: ModelBundle;
  readonly sample: Sample;
  readonly #healthy: TestUe;
  readonly #healthyOptions: JoinOptions;
  readonly #uncaught: unknown[];
  readonly #onUncaught: (error: unknown) => void;

  private constructor(server: BsServer, model: ModelBundle, healthy: TestUe, healthyOptions: JoinOptions) {
    const uncaught: unknown[] = [];
    this.server = server;
    this.model = model;
    this.sample = createSample(model, 7);
    this.#healthy = healthy;
    this.#healthyOptions = healthyOptions;
    this.#uncaught = uncaught;
    this.#onUncaught = (error) => uncaught.push(error);
    process.on('unhandledRejection', this.#onUncaught);
  }

  /** @param healthyOptions - how the UE beside connects */
  static async open(options: BsServerOptions = {}, healthyOptions: JoinOptions = {}): Promise<Arena> {
    const model = await firstModel();
    const server = await startBsServer({
      port: 0,
      executionProviders: ['cpu'],
      models: [model.manifest.id],
      uplinkOnlyModel: false,
      // A busy machine may stall for longer than a report is worth.
      deadlineMs: 10_000,
      uplinkWaitMs: 0,
      // The UE beside the attack reports whenever its last report is answered.
      reportPeriodSlots: 1,
      slotMs: 0.0625,
      logLevel: 'silent',
      ...options,
    });
    const healthy = await TestUe.join(server.url, 'healthy', model, healthyOptions);
    return new Arena(server, model, healthy, healthyOptions);
  }

  /** The UE reports until an attack is over; none of its reports may suffer. */
  async during<T>(attack: Promise<T>): Promise<T> {
    let over = false;
    const ended = attack.finally(() => {
      over = true;
    });
    // Looked at below; until then a failure is no unhandled one.
    ended.catch(() => undefined);
    do await this.#serveHealthy();
    while (!over);
    return ended;
  }

  /** The UE is served, everything received is accounted for, and the server can be closed. */
  async close(): Promise<void> {
    await this.#serveHealthy();
    await until('the last report', () => this.server.stats().inFlight === 0);
    this.expectBalanced();
    expect(this.server.stats()).toMatchObject({ batches: { failed: 0 }, workerRestarts: 0 });
    expect(await this.#healthStatus()).toBe(200);
    await within('the server to close', this.server.close());
    this.expectBalanced();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', this.#onUncaught);
    expect(this.#uncaught).toEqual([]);
  }

  expectBalanced(): void {
    const { received, decoded, superseded, late, shed, invalid, inFlight } = this.server.stats();
    expect(received).toBe(decoded + superseded + late + shed + invalid + inFlight);
  }

  hello(ueId: string, change: Partial<Hello> = {}): Hello {
    const { manifest, sha256 } = this.model;
    return { ueId, protocol: protocolVersion, models: [{ id: manifest.id, sha256 }], token: '', ...change };
  }

  join(ueId: string, options: JoinOptions = {}): Promise<TestUe> {
    return TestUe.join(this.server.url, ueId, this.model, options);
  }

  async #healthStatus(): Promise<number | undefined> {
    const { ca, cert, key } = this.#healthyOptions;
    const url = `${this.server.url}/healthz`;
    // From an address of its own: that of the attack may have used up what is its.
    const from = { localAddress: '127.0.0.3' };
    const request = url.startsWith('https:') ? getOverTls(url, { ...from, ca, cert, key }) : get(url, from);
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    return response.statusCode;
  }

  async #serveHealthy(): Promise<void> {
    const { seq } = this.#healthy.report(this.sample);
    expect(await this.#healthy.outcomeOf(seq)).toBe('decoded');
  }
}

/** The connection is told an error by name and closed with its code. */
export async function expectRefusal(connection: Connection, code: string, closeCode: number): Promise<Reject> {
  const reject = await connection.next('reject');
  expect(reject.code).toBe(code);
  expect(await within('the close', connection.closed)).toEqual({ code: closeCode, reason: code });
  return reject;
}

/** An upgrade request as bytes; `headers` are whole lines. */
export function upgradeRequest(path: string, offered = 'edge-csi.v1', headers: readonly string[] = []): string {
  const standard = ['Host: bs', 'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13'];
  const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==';
  const all = [...standard, key, `Sec-WebSocket-Protocol: ${offered}`, ...headers];
  return [`GET ${path} HTTP/1.1`, ...all, '', ''].join('\r\n');
}

/** A WebSocket frame of a client as bytes, masked with zeros. Shorter than 64 KiB. */
export function webSocketFrame(payload: Uint8Array, opcode = 2): Buffer {
  const { length } = payload;
  const size = length < 126 ? [0x80 | length] : [0x80 | 126, length >> 8, length & 255];
  return Buffer.concat([Uint8Array.of(0x80 | opcode, ...size, 0, 0, 0, 0), payload]);
}

/** A TCP connection that may be cut at any time. */
export function rawConnection(port: number): { readonly socket: Socket; readonly closed: Promise<void> } {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => socket.destroy());
  return { socket, closed: new Promise((resolve) => socket.once('close', () => resolve())) };
}

/** Sends bytes and returns what comes back until the server hangs up. */
export async function rawExchange(port: number, request: string | Uint8Array): Promise<string> {
  const { socket, closed } = rawConnection(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(request);
  await within('the server to hang up', closed);
  return Buffer.concat(chunks).toString('latin1');
}

/** Sends the parts of a request, each when the timer says so, until the server hangs up. */
export async function dribble(port: number, head: string | Uint8Array, intervalMs: number): Promise<string> {
  const { socket, closed } = rawConnection(port);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.write(head);
  const timer = setInterval(() => socket.write('x'), intervalMs);
  await within('the server to hang up', closed).finally(() => clearInterval(timer));
  return Buffer.concat(chunks).toString('latin1');
}
