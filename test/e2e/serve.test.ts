import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { edgeCsi, program } from './edge-csi-command.ts';

let server: ChildProcess | undefined;

async function serve(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [program, 'serve', '--port', '0', '--provider', 'cpu', ...args]);
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
    const { stdout } = await edgeCsi('ue', '--url', url, '--count', '2', '--samples', '10', '--phy');
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
    const { code, stderr } = await edgeCsi('ue', '--url', url, '--samples', '1');
    expect(stderr).toMatch(/^edge-csi: unauthorized: /);
    expect(code).toBe(1);
  });
});
