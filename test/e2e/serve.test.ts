import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { edgeCsi } from './edge-csi-command.ts';
import { type ServeProcess, startServe } from './serve-process.ts';

let server: ServeProcess | undefined;

async function serve(...args: string[]): Promise<ServeProcess> {
  server = await startServe('--models', 'dualnet-mag-m43', ...args);
  return server;
}

afterEach(() => {
  server?.process.kill('SIGKILL');
});

describe('edge-csi serve and ue', () => {
  it('decode reports of several UEs with their uplinks, and end cleanly on SIGTERM', async () => {
    const { process: child, url, adminUrl } = await serve('--period-slots', '4');
    const { stdout } = await edgeCsi('ue', '--url', url, '--count', '2', '--samples', '10', '--phy');
    expect(stdout).toMatch(/^ue-0: 10 reports, \d+ bits each: .*decoded/m);
    expect(stdout).toMatch(/^ue-1: 10 reports, \d+ bits each: .*decoded/m);

    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^edge_csi_reports_received_total 20$/m);
    expect(metrics).toMatch(/^edge_csi_estimates_decoded_total\{quality="fresh"\} [1-9]/m);
    expect(await (await fetch(`${url.replace('ws', 'http')}/healthz`)).json()).toMatchObject({
      executionProvider: 'cpu',
    });

    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('refuses a UE without the token', async () => {
    const { url } = await serve('--token', 'secret');
    const { code, stderr } = await edgeCsi('ue', '--url', url, '--samples', '1');
    expect(stderr).toMatch(/^edge-csi: unauthorized: /);
    expect(code).toBe(1);
  });
});
