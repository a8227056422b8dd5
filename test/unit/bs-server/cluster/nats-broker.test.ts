import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { connectNats } from '../../../../bs-server/src/cluster/nats-broker.ts';

/** A NATS server that greets a client and then says nothing, whatever it is sent. */
async function mutePeer() {
  const sockets: Socket[] = [];
  const asked: Promise<void>[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.write('INFO {"server_id":"s","version":"2.9.10","proto":1,"max_payload":1048576,"headers":true}\r\n');
    let pings = 0;
    asked.push(
      new Promise((resolve) => {
        socket.on('data', (data) => {
          if (!data.includes('PING')) return;
          if (pings++ === 0) socket.write('PONG\r\n');
          else resolve();
        });
      }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `nats://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Waits until the client asks whether all has come. */
    asked: () => asked[0],
    /** Is gone for good. */
    vanish() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

it('ends to wait for a broker that is lost, so that a process that is to end can', async () => {
  const peer = await mutePeer();
  const news: string[] = [];
  const broker = await connectNats({ servers: [peer.url] }, 'test', {
    connected: () => news.push('connected'),
    disconnected: () => news.push('disconnected'),
    trouble: (kind) => news.push(kind),
  });
  expect(broker.publish('a', new Uint8Array(1))).toBe(true);
  expect(broker.publish('a', new Uint8Array(broker.maxPayload + 1))).toBe(false);
  expect(news).toEqual(['refused']);
  const flushed = broker.flush();
  await peer.asked();
  peer.vanish();
  await flushed;
  expect(news).toContain('disconnected');
  expect(broker.publish('a', new Uint8Array(1))).toBe(false);
  await broker.close();
});
