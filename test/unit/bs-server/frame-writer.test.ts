import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { FrameWriter } from '../../../bs-server/src/net/connection.ts';

let server: Server;
let received: Uint8Array[];

beforeEach(() => {
  server = createServer();
  received = [];
});
afterEach(() => server.close());

/** Lets a writer write on a connection, closes it, and returns once the other end has all. */
async function written(write: (writer: FrameWriter, socket: Duplex) => Promise<void>): Promise<void> {
  const gate = new WebSocketServer({ noServer: true });
  server.on('upgrade', (request, socket, head) => {
    gate.handleUpgrade(request, socket, head, async (webSocket) => {
      await write(new FrameWriter(webSocket, socket), socket);
      webSocket.close(1000);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  client.on('message', (data) => received.push(new Uint8Array(data as Buffer)));
  const [code] = await once(client, 'close');
  expect(code).toBe(1000);
}

const messagesOf = (lengths: readonly number[]) => lengths.map((length, i) => new Uint8Array(length).fill(i + 1));

it('delivers short and long messages whole and in the order they were sent', async () => {
  // Around the length that stands in the second byte, and over what is gathered in one tick.
  const messages = messagesOf([1, 200, 125, 126, 3, 70_000, 40_000, 40_000, 2, 65_536, 125]);
  await written(async (writer) => {
    for (const message of messages) writer.send(message);
    await new Promise((resolve) => setImmediate(resolve));
    for (const message of messages) writer.send(message);
  });
  expect(received).toEqual([...messages, ...messages]);
});

it('hands a short message to the system in one piece, and long ones of a tick together up to 64 KiB', async () => {
  let alone = 0;
  let together = 0;
  await written(async (writer, socket) => {
    const spies = [vi.spyOn(socket, '_write'), vi.spyOn(socket as Required<Pick<Duplex, '_writev'>>, '_writev')];
    const calls = () => spies.reduce((sum, { mock }) => sum + mock.calls.length, 0);
    writer.send(new Uint8Array(40));
    alone = calls();
    for (const message of messagesOf(Array(16).fill(8_192))) writer.send(message);
    await once(socket, 'drain');
    together = calls() - alone;
  });
  expect(received).toHaveLength(17);
  expect([alone, together]).toEqual([1, 2]);
});
