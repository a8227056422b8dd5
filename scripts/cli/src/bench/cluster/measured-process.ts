import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { UsageError } from '@edge-csi/lab/usage-error';

/** The built command line program. */
const program = fileURLToPath(new URL('../../../bin/edge-csi.js', import.meta.url));
/** Clock ticks of /proc in a second, on every Linux there is. */
const ticksPerSecond = 100;
const startUpMs = 20_000;

/** A process that is measured. */
export interface MeasuredProcess {
  /** Where it can be reached. */
  readonly url: string;
  /** Processor time it has used, all threads, in milliseconds. */
  cpuMs(): Promise<number>;
  close(): Promise<void>;
}

export interface MeasuredBroker extends MeasuredProcess {
  /** Bytes that came in and went out so far. */
  traffic(): Promise<{ readonly inBytes: number; readonly outBytes: number }>;
}

/** @throws UsageError where the suite cannot run on this machine. */
export function requireBroker(): void {
  if (process.platform !== 'linux')
    throw new UsageError('bench cluster reads processor times from /proc: run it on Linux');
  if (spawnSync('nats-server', ['--version']).error === undefined) return;
  throw new UsageError('bench cluster needs nats-server in PATH; on Debian: apt-get install nats-server');
}

/** Starts a NATS server on a free port. */
export async function startBroker(): Promise<MeasuredBroker> {
  const folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-broker-'));
  const args = ['-a', '127.0.0.1', '-p', '-1', '-m', '-1', '--ports_file_dir', folder];
  const child = spawn('nats-server', args, { stdio: 'ignore' });
  const ports = path.join(folder, `nats-server_${child.pid}.ports`);
  const { nats, monitoring } = await waitFor(async () => {
    const { nats, monitoring } = JSON.parse(await readFile(ports, 'utf8')) as { nats: string[]; monitoring: string[] };
    return { nats: String(nats[0]), monitoring: String(monitoring[0]) };
  });
  return {
    ...measured(child, nats),
    traffic: async () => {
      const { in_bytes: inBytes, out_bytes: outBytes } = (await (await fetch(`${monitoring}/varz`)).json()) as {
        in_bytes: number;
        out_bytes: number;
      };
      return { inBytes, outBytes };
    },
    close: async () => {
      await ended(child);
      // Safe twice: what fails is closed on its way out, too.
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Starts `edge-csi serve` and waits until it says where it is. */
export async function startServe(...args: readonly string[]): Promise<MeasuredProcess> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--provider', 'cpu', '--quiet', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const exited = once(child, 'exit').then(([code]) => {
    throw new Error(`edge-csi serve ended with exit code ${code}`);
  });
  // Whoever waits hears of it.
  exited.catch(() => undefined);
  const [line] = await Promise.race([once(lines, 'line'), exited]);
  const [, url] = / at (\S+), /.exec(String(line)) ?? [];
  if (url === undefined) throw new Error(`edge-csi serve said: ${line}`);
  return measured(child, url);
}

function measured(child: ChildProcess, url: string): MeasuredProcess {
  return {
    url,
    cpuMs: async () => {
      const stat = await readFile(`/proc/${child.pid}/stat`, 'ascii');
      // The name in parentheses may hold spaces; of the rest, the 12th and 13th are user and system time.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond;
    },
    close: () => ended(child),
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  await exited;
}

/** Tries until it works. @throws the last error after a while. */
async function waitFor<T>(attempt: () => Promise<T>): Promise<T> {
  const giveUpMs = performance.now() + startUpMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (performance.now() > giveUpMs) throw error;
      await sleep(20);
    }
  }
}
