import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

const lowest = 10_000;

/**
 * A port for a server that has to come back on it. Servers on port 0 get theirs from the range that clients' sockets
 * are numbered from, where the kernel may have given it away before the second start; this one lies below.
 */
export async function freePort(): Promise<number> {
  const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '32768 60999');
  const end = Math.max(lowest + 1_000, Number.parseInt(range, 10));
  for (;;) {
    const port = randomInt(lowest, end);
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
