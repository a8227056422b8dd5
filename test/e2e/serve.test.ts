import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

const command = new URL('../../scripts/bin/edge-csi.js', import.meta.url).pathname;
let server: ChildProcess | undefined;

async function serve(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [command, 'serve', '--port', '0', '--provider', 'cpu', ...args]);
  server = child;
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const [, url] = /^edge-csi BS at (ws:\/\/127\.0\.0\.1:\d+), decoding on cpu$/.exec(line) ?? [];
  if (url === undefined) throw new Error(`serve said: ${line}`);
  return url;
}

afterEach(() => {
  server?.kill('SIGKILL');
});

describe('edge-csi serve and ue', () => {
  it('decode reports of several UEs with their uplinks, and end cleanly on SIGTERM', async () => {
    const url = await serve('--models', 'dualnet-mag-m43', '--period-slots', '4');
    const args = [command, 'ue', '--url', url, '--count', '2', '--samples', '10', '--phy'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toMatch(/^ue-0: 10 reports, \d+ bits each: .*decoded/m);
    expect(stdout).toMatch(/^ue-1: 10 reports, \d+ bits each: .*decoded/m);

    const http = url.replace('ws', 'http');
    const metrics = await (await fetch(`${http}/metrics`)).text();
    expect(metrics).toMatch(/^edge_csi_reports_received_total 20$/m);
    expect(metrics).toMatch(/^edge_csi_estimates_decoded_total\{quality="fresh"\} [1-9]/m);
    expect(await (await fetch(`${http}/healthz`)).json()).toMatchObject({ executionProvider: 'cpu' });

    server?.kill('SIGTERM');
    expect(await once(server as ChildProcess, 'exit')).toEqual([0, null]);
  });

  it('refuses a UE without the token', async () => {
    const url = await serve('--models', 'dualnet-mag-m43', '--token', 'secret');
    const ue = promisify(execFile)(process.execPath, [command, 'ue', '--url', url, '--samples', '1']);
    await expect(ue).rejects.toMatchObject({ code: 1, stderr: expect.stringMatching(/^edge-csi: unauthorized: /) });
  });
});
