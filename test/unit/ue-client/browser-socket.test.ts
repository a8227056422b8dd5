import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { openFrameSocket as openNodeSocket } from '../../../ue-client/src/platform/node.ts';
import type { OpenFrameSocket } from '../../../ue-client/src/platform/platform.ts';
import { Mailbox } from './mailbox.ts';

// Not a plain import: the file is typed by the DOM, which is no part of what tests are compiled with.
const browserFile = new URL('../../../ue-client/src/platform/browser.ts', import.meta.url).href;
const { openFrameSocket: openBrowserSocket } = (await import(browserFile)) as { openFrameSocket: OpenFrameSocket };

/** Node 20 has no WebSocket of its own; that of ws has the same interface, but throws errors nobody listens for. */
class BrowserLikeWebSocket extends WebSocket {
  constructor(url: string, subprotocol: string | string[]) {
    super(url, subprotocol);
    this.on('error', () => undefined);
  }
}

let server: WebSocketServer;
let peers: Mailbox<WebSocket>;
let requests: Mailbox<IncomingMessage>;
beforeEach(async () => {
  vi.stubGlobal('WebSocket', BrowserLikeWebSocket);
  peers = new Mailbox('peer');
  server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
  requests = new Mailbox('request');
  server.on('connection', (peer, request) => {
    peers.put(peer);
    requests.put(request);
  });
  await once(server, 'listening');
});
afterEach(() => {
  vi.unstubAllGlobals();
  for (const peer of server.clients) peer.terminate();
  server.close();
});

function open(openSocket: OpenFrameSocket, token = '') {
  const events = {
    open: new Mailbox<void>('open'),
    frame: new Mailbox<Uint8Array>('frame'),
    close: new Mailbox<[number, string]>('close'),
  };
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const socket = openSocket(
    { url, subprotocol: 'edge-csi.v1', token, tls: undefined, maxFrameBytes: 100 },
    {
      onOpen: () => events.open.put(),
      onFrame: (bytes) => events.frame.put(bytes),
      onClose: (code, reason) => events.close.put([code, reason]),
    },
  );
  return { socket, ...events };
}

describe.each([
  ['browser', openBrowserSocket],
  ['node', openNodeSocket],
])('openFrameSocket of %s', (platform, openSocket) => {
  it('carries binary messages both ways and closes with a code', async () => {
    const { socket, open: opened, frame, close } = open(openSocket);
    await opened.take();
    const peer = await peers.take();
    expect(peer.protocol).toBe('edge-csi.v1');
    const arrived = once(peer, 'message');
    socket.send(Uint8Array.of(1, 2, 3));
    expect([...((await arrived)[0] as Buffer)]).toEqual([1, 2, 3]);
    peer.send(Uint8Array.of(4, 5));
    expect([...(await frame.take())]).toEqual([4, 5]);
    peer.send('text');
    expect((await frame.take()).length).toBe(0);
    const closed = once(peer, 'close');
    socket.close(4404, 'no such model');
    expect(await closed).toMatchObject([4404, Buffer.from('no such model')]);
    expect((await close.take())[0]).toBe(4404);
  });

  it('passes on the code the other end closes with', async () => {
    const { close } = open(openSocket);
    (await peers.take()).close(4409, 'elsewhere');
    expect(await close.take()).toEqual([4409, 'elsewhere']);
  });

  it('delivers no message over the limit', async () => {
    const { frame, close } = open(openSocket);
    (await peers.take()).send(new Uint8Array(101));
    if (platform === 'node') expect((await close.take())[0]).toBe(1006);
    else expect((await frame.take()).length).toBe(0);
  });

  it('shows its token in the upgrade request, as the platform can, and takes the protocol for an answer', async () => {
    const { open: opened, socket } = open(openSocket, 'a.b-c.d_e');
    await opened.take();
    const { headers } = await requests.take();
    if (platform === 'node') expect(headers.authorization).toBe('Bearer a.b-c.d_e');
    else expect(headers['sec-websocket-protocol']).toBe('edge-csi.v1,edge-csi.token.a.b-c.d_e');
    expect((await peers.take()).protocol).toBe('edge-csi.v1');
    socket.terminate();
  });

  it('can be terminated and closed in any state', async () => {
    const { socket, close } = open(openSocket);
    socket.terminate();
    await close.take();
    socket.terminate();
    socket.close(1001, '');
  });
});

describe('openFrameSocket', () => {
  it('of node says why an upgrade was refused', async () => {
    const refusing = createServer();
    refusing.on('upgrade', (_request, socket) => {
      socket.end(
        'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Bearer error_description="the token has expired"\r\n\r\n',
      );
    });
    refusing.listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const url = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
    const closed = new Promise<[number, string]>((resolve) => {
      const options = { url, subprotocol: 'edge-csi.v1', token: 'old', tls: undefined, maxFrameBytes: 100 };
      const onClose = (code: number, reason: string) => resolve([code, reason]);
      openNodeSocket(options, { onOpen: () => undefined, onFrame: () => undefined, onClose });
    });
    expect(await closed).toEqual([
      4401,
      expect.stringMatching(/^ws:.*: upgrade refused: HTTP 401, the token has expired$/),
    ]);
    refusing.close();
  });

  it('of a browser refuses certificates, which it could not use', () => {
    const options = { url: 'wss://bs', subprotocol: 'edge-csi.v1', token: '', tls: {}, maxFrameBytes: 100 };
    const handlers = { onOpen: () => undefined, onFrame: () => undefined, onClose: () => undefined };
    expect(() => openBrowserSocket(options, handlers)).toThrow(TypeError);
  });
});
