import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-port.ts';

/** Why there is no NATS server to test with, where there is none. */
export function natsProblem(): string | undefined {
  const { error } = spawnSync('nats-server', ['--version']);
  return error === undefined ? undefined : `nats-server cannot be run: ${error.message}`;
}

/** What a broker for a site is told beside its port; docs/scale-out.md says why. */
const siteConfig = 'ping_interval: "1s"\nping_max: 2\nwrite_deadline: "1s"\n';

/** A nats-server of a test, on one port through all its restarts. */
export class NatsServer {
  readonly port: number;
  /** With its configuration, and what that names. */
  readonly folder: string;
  #process: ChildProcess | undefined;

  private constructor(port: number, folder: string) {
    this.port = port;
    this.folder = folder;
  }

  /**
   * @param config - in place of what a site has
   * @param prepare - puts files that it names beside it
   */
  static async start(
    config = siteConfig,
    prepare: (folder: string) => Promise<void> = async () => undefined,
  ): Promise<NatsServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-nats-'));
    const server = new NatsServer(await freePort(), folder);
    await writeFile(path.join(folder, 'nats-server.conf'), config);
    await prepare(folder);
    await server.restart();
    return server;
  }

  get url(): string {
    return `nats://127.0.0.1:${this.port}`;
  }

  /** By name, which certificates are checked against. */
  get namedUrl(): string {
    return `nats://localhost:${this.port}`;
  }

  /** Starts it again after `stop`. */
  async restart(): Promise<void> {
    const { folder: cwd } = this;
    this.#process = spawn('nats-server', ['-a', '127.0.0.1', '-p', String(this.port), '-c', 'nats-server.conf'], {
      cwd,
      stdio: 'ignore',
    });
    await listening(this.port);
  }

  /** Kills it, without a word to its clients. */
  async stop(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child === undefined || child.exitCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** Waits until something listens on a port. */
async function listening(port: number): Promise<void> {
  const giveUpMs = performance.now() + 10_000;
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    const [isOpen] = await Promise.race([
      once(socket, 'connect').then(() => [true]),
      once(socket, 'error').then(() => [false]),
    ]).catch(() => [false]);
    socket.destroy();
    if (isOpen) return;
    if (performance.now() > giveUpMs) throw new Error(`nothing listens on port ${port}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
