import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until, within } from '../../bs-server-harness.ts';
import { FaultProxy } from './fault-proxy.ts';

/** A server that sends back what it gets, and its end when the other end is through. */
let echo: Server;
let proxy: FaultProxy;
let client: Socket;
let received: string;
let atServer: string;
/** Why the client's connection ended. */
let failure: string | undefined;
let clientClosed: Promise<unknown>;

beforeEach(async () => {
  [received, atServer, failure] = ['', '', undefined];
  echo = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      atServer += bytes;
      socket.write(bytes);
    });
    socket.on('end', () => socket.end('goodbye'));
  }).listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await FaultProxy.open((echo.address() as AddressInfo).port);
  client = connect({ port: Number(new URL(proxy.url).port), host: '127.0.0.1', allowHalfOpen: true });
  client.on('data', (bytes) => {
    received += bytes;
  });
  client.on('error', (error: NodeJS.ErrnoException) => {
    failure = error.code;
  });
  clientClosed = once(client, 'close').catch(() => undefined);
  client.write('one');
  await until('the echo', () => received === 'one');
});
afterEach(async () => {
  client.destroy();
  await proxy.close();
  echo.close();
});

it('holds bytes back for as long as it was told, and passes them on in order', async () => {
  proxy.link.delay(500);
  client.write('two');
  await until('the bytes at the proxy', () => proxy.link.withheldBytes('up') === 3);
  client.write('three');
  expect(atServer).toBe('one');
  await until('the echo', () => received === 'onetwothree');
  expect(proxy.link.withheldBytes('up')).toBe(0);
});

it('passes nothing on while it stalls, the end included, and all of it afterwards', async () => {
  proxy.link.stall('down');
  client.end('two');
  await until('the bytes at the server', () => atServer === 'onetwo');
  await new Promise((resolve) => setImmediate(resolve));
  expect(received).toBe('one');
  proxy.link.resume();
  await until('the echo and the end', () => received === 'onetwogoodbye' && client.readableEnded);
});

it('swallows bytes and ends in a black hole, and stays one', async () => {
  proxy.link.blackHole();
  client.write('two');
  await until('the bytes at the proxy', () => proxy.link.withheldBytes('up') === 3);
  proxy.link.resume();
  client.end('three');
  await until('the bytes at the proxy', () => proxy.link.withheldBytes('up') === 8);
  expect({ atServer, received }).toEqual({ atServer: 'one', received: 'one' });
});

it('resets the connection after so many bytes', async () => {
  proxy.link.resetAfter('up', 2);
  client.write('two');
  await within('the reset', clientClosed);
  expect(failure).toBe('ECONNRESET');
  expect('onetw'.startsWith(atServer)).toBe(true);
});

it('ends one direction while the other goes on', async () => {
  proxy.link.halfClose('up');
  await until('the last word', () => received === 'onegoodbye');
  expect(client.writable).toBe(true);
});
