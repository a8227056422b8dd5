import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';
import { CertificateMaker, opensslProblem } from '../openssl.ts';
import { type ServeProcess, startServe } from '../serve-process.ts';

let server: ServeProcess | undefined;

async function serve(...args: string[]): Promise<ServeProcess> {
  server = await startServe('--models', 'dualnet-mag-m43', ...args);
  return server;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-serve-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  server?.process.kill('SIGKILL');
});

async function file(name: string, content: string): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}

describe('edge-csi serve and ue', () => {
  it('decode reports of several UEs with their uplinks, and end cleanly on SIGTERM', async () => {
    const { process: child, url, adminUrl } = await serve('--period-slots', '4');
    const json = path.join(folder, 'ue.json');
    const ue = ['ue', '--url', url, '--count', '2', '--samples', '10', '--phy', '--json', json];
    const { stdout } = await edgeCsi(...ue);
    expect(stdout).toMatch(/^ue-0: 10 reports, \d+ bits each: .*decoded/m);
    expect(stdout).toMatch(/^ue-1: 10 reports, \d+ bits each: .*decoded/m);
    const { ues } = JSON.parse(await readFile(json, 'utf8'));
    expect(ues).toMatchObject([{ ueId: 'ue-0' }, { ueId: 'ue-1' }]);
    for (const { model, reportsSent, payloadBits, outcomes } of ues) {
      expect([model, reportsSent]).toEqual(['dualnet-mag-m43', 10]);
      expect(payloadBits.mean).toBeGreaterThan(100);
      const counts: number[] = Object.values(outcomes);
      expect(counts.reduce((sum, count) => sum + count)).toBe(10);
    }

    const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/^edge_csi_reports_received_total 20$/m);
    expect(metrics).toMatch(/^edge_csi_estimates_decoded_total\{quality="fresh"\} [1-9]/m);
    expect(await (await fetch(`${url.replace('ws', 'http')}/healthz`)).json()).toMatchObject({
      executionProvider: 'cpu',
    });

    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('ask UEs and the feed for tokens, which the secret or `edge-csi token` gives', async () => {
    const secret = await file('secret', `${'0123456789abcdef'.repeat(4)}\n`);
    const { url } = await serve('--period-slots', '4', '--token-secret-file', secret);
    const ue = ['ue', '--url', url, '--samples', '2'];
    const without = await edgeCsi(...ue);
    expect(without.stderr).toMatch(/^edge-csi: unauthorized: .*HTTP 401, a token is needed/);
    expect(without.code).toBe(1);

    const many = await edgeCsi(...ue, '--count', '2', '--phy', '--token-secret-file', secret);
    expect(many.stdout).toMatch(/^ue-1: 2 reports, /m);
    const token = await edgeCsi('token', '--ue', 'ue-17', '--ttl', '60', '--secret-file', secret);
    const one = await edgeCsi(...ue, '--id', 'ue-17', '--token', token.stdout.trim());
    expect(one.stdout).toMatch(/^ue-17: 2 reports, /m);
    const other = await edgeCsi(...ue, '--id', 'ue-18', '--token', token.stdout.trim());
    expect(other.stderr).toMatch(/^edge-csi: unauthorized: the token is not for UE ue-18/);
  });

  it('speak TLS, on the word of files', async ({ skip }) => {
    const problem = opensslProblem();
    if (problem !== undefined) skip(problem);
    using maker = new CertificateMaker();
    const authority = maker.authority('edge-csi test');
    const [bs, client] = [maker.signed(authority, 'bs'), maker.signed(authority, 'ue')];
    const files = (own: typeof bs) => ['--tls-cert', own.certFile, '--tls-key', own.keyFile];
    const { url } = await serve(...files(bs), '--tls-ca', authority.certFile);
    expect(url).toMatch(/^wss:/);
    const ue = ['ue', '--url', url, '--ca', authority.certFile, '--samples', '1', '--phy'];
    const { stdout } = await edgeCsi(...ue, ...files(client));
    expect(stdout).toMatch(/^ue: 1 reports, /m);
    expect((await edgeCsi(...ue)).stderr).toMatch(/^edge-csi: connection-lost: /);
  });
});
