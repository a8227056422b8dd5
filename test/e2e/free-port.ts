import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const lowest = 10_000;
/** More than ever run at a time. */
const maxWorkers = 8;

/**
 * A port for a server that has to come back on it. Servers on port 0 get theirs from the range that clients' sockets
 * are numbered from, where the kernel may have given it away before the second start; this one lies below.
 * Test files that run side by side draw from ports of their own, told apart by the number of their worker.
 */
export async function freePort(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768 60999');
  const end = Math.max(lowest + 1_000, Number.parseInt(range, 10));
  const worker = Number(process.env.VITEST_POOL_ID ?? 0) % maxWorkers;
  for (;;) {
    const port = maxWorkers * randomInt(Math.ceil(lowest / maxWorkers), Math.floor(end / maxWorkers)) + worker;
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
