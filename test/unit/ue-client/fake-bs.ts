import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  decodeFrame,
  encodeFrame,
  type FrameBodies,
  type FrameKind,
  type Hello,
  type ReportConfig,
} from '@edge-csi/proto';
import { type WebSocket, WebSocketServer } from 'ws';
import { Mailbox } from './mailbox.ts';
import type { TinyModel } from './tiny-model.ts';

/** One UE's connection as the BS sees it. */
export class FakeConnection {
  readonly reports = new Mailbox<FrameBodies['report']>('report');
  readonly closed = new Mailbox<{ code: number; reason: string }>('close');
  readonly hello: Hello;
  readonly socket: WebSocket;

  constructor(socket: WebSocket, hello: Hello) {
    this.socket = socket;
    this.hello = hello;
    socket.on('message', (data: Buffer) => {
      const frame = decodeFrame(data);
      if (frame.kind === 'report') this.reports.put(frame.value);
    });
    socket.on('close', (code, reason) => this.closed.put({ code, reason: reason.toString() }));
  }

  send<K extends FrameKind>(kind: K, value: FrameBodies[K]): void {
    this.socket.send(encodeFrame(kind, value));
  }

  ack(...seqs: number[]): void {
    this.send('ack', { seqs, outcomes: seqs.map(() => 'decoded' as const) });
  }
}

/** A BS that speaks the real protocol over real sockets and does what a test tells it to. */
export class FakeBs implements AsyncDisposable {
  readonly connections = new Mailbox<FakeConnection>('connection');
  /** Paths asked for over HTTP. */
  readonly requests: string[] = [];
  /** Set to hold HTTP answers back until it resolves. */
  gate: Promise<void> | undefined;
  accepted = 0;
  readonly #http: Server;
  readonly #files = new Map<string, Uint8Array>();
  #sockets: WebSocketServer | undefined;

  private constructor(http: Server) {
    this.#http = http;
  }

  static async start(...models: TinyModel[]): Promise<FakeBs> {
    const http = createServer();
    const bs = new FakeBs(http);
    for (const { manifest, files } of models) {
      bs.serve(`/models/${manifest.id}/manifest.json`, new TextEncoder().encode(JSON.stringify(manifest)));
      for (const [name, bytes] of files) bs.serve(`/models/${manifest.id}/${name}`, bytes);
    }
    http.on('request', async (request, response) => {
      const path = request.url ?? '';
      bs.requests.push(path);
      await bs.gate;
      const body = bs.#files.get(path);
      response.statusCode = body === undefined ? 404 : 200;
      response.end(body);
    });
    const sockets = new WebSocketServer({
      server: http,
      path: '/v1/ue',
      handleProtocols: (offered) => (offered.has('edge-csi.v1') ? 'edge-csi.v1' : false),
    });
    sockets.on('connection', (socket) => {
      bs.accepted++;
      socket.once('message', (data: Buffer) => {
        const frame = decodeFrame(data);
        if (frame.kind !== 'hello') throw new Error(`first frame is a ${frame.kind}`);
        bs.connections.put(new FakeConnection(socket, frame.value));
      });
    });
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    bs.#sockets = sockets;
    return bs;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#http.address() as AddressInfo).port}`;
  }

  serve(path: string, bytes: Uint8Array): void {
    this.#files.set(path, bytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets?.clients ?? []) socket.terminate();
    this.#http.closeAllConnections();
    this.#http.close();
    await once(this.#http, 'close');
  }
}

/** What a BS asks of a UE with this model. */
export function configFor({ bundle }: TinyModel, change: Partial<ReportConfig> = {}): ReportConfig {
  const { manifest, sha256 } = bundle;
  return {
    revision: 1,
    model: { id: manifest.id, sha256 },
    modelUrl: `/models/${manifest.id}/manifest.json`,
    reportPeriodSlots: 10,
    codewordTruncation: 0,
    phaseTheta: manifest.phase.theta,
    maxPayloadBits: 0,
    bitPriceTenthDb: 0,
    ...change,
  };
}
