import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { within } from './bs-server-harness.ts';
import { program } from './edge-csi-command.ts';

/** An `edge-csi serve` of any role that decodes on the CPU, if it decodes. */
export interface ServeProcess {
  readonly process: ChildProcess;
  /** Base for WebSockets; of a worker, for its probes. */
  readonly url: string;
  readonly adminUrl: string;
}

/** Longest start on a busy machine, several processes at a time. */
const startUpMs = 40_000;

/** Starts `edge-csi serve` on free ports and waits until it says where it is. */
export async function startServe(...args: string[]): Promise<ServeProcess> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--provider', 'cpu', ...args]);
  try {
    const said: string[] = [];
    const complaints: string[] = [];
    child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk.toString()));
    const lines = createInterface({ input: child.stdout });
    lines.on('line', (line) => said.push(line));
    const ended = once(child, 'close');
    while (said.length < 2 && child.exitCode === null) {
      await within('where the server is', Promise.race([once(lines, 'line'), ended]), startUpMs);
    }
    const place =
      /^edge-csi (?:BS|worker \S+) at ((?:ws|http)s?:\/\/127\.0\.0\.1:\d+), decoding on (?:cpu|workers only)$/;
    const [, url] = place.exec(said[0] ?? '') ?? [];
    const [, adminUrl] = /^edge-csi admin at (http:\/\/127\.0\.0\.1:\d+)$/.exec(said[1] ?? '') ?? [];
    if (url === undefined || adminUrl === undefined)
      throw new Error(`serve said: ${[...said, ...complaints].join('\n')}`);
    return { process: child, url, adminUrl };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
