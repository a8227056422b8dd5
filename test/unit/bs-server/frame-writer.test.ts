import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { FrameWriter } from '../../../bs-server/src/transport/frame-writer.ts';

const server = createServer();
const gate = new WebSocketServer({ noServer: true });

afterEach(() => server.close());

it('delivers short and long messages whole and in the order they were sent', async () => {
  // Around the length that stands in the second byte, and over what is gathered in one tick.
  const lengths = [1, 200, 125, 126, 3, 70_000, 40_000, 40_000, 2, 65_536, 125];
  const messages = lengths.map((length, i) => new Uint8Array(length).fill(i + 1));
  server.on('upgrade', (request, socket, head) => {
    gate.handleUpgrade(request, socket, head, (webSocket) => {
      const writer = new FrameWriter(webSocket, socket);
      for (const message of messages) writer.send(message);
      setImmediate(() => {
        for (const message of messages) writer.send(message);
        webSocket.close(1000);
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const received: Uint8Array[] = [];
  client.on('message', (data) => received.push(new Uint8Array(data as Buffer)));
  const [code] = await once(client, 'close');
  expect(code).toBe(1000);
  expect(received).toEqual([...messages, ...messages]);
});
