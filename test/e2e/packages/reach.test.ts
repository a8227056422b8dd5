import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type BsServer, connectPhyFeed, startBsServer } from '@edge-csi/bs-server';
import { connectUe } from '@edge-csi/ue-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';
import { CertificateMaker, opensslProblem } from '../openssl.ts';

let bs: BsServer;
let proxyUrl: string;
const asked: string[] = [];

/** A reverse proxy that has the BS under /cell-7. */
const proxy = createServer((incoming, answer) => {
  asked.push(incoming.url ?? '');
  const path = (incoming.url ?? '').replace(/^\/cell-7/, '');
  request(bs.url + path, (response) => {
    answer.writeHead(response.statusCode ?? 500, response.headers);
    response.pipe(answer);
  }).end();
}).on('upgrade', ({ url = '', rawHeaders }, socket) => {
  asked.push(url);
  const inside = connect(bs.port, bs.host, () => {
    const headers = rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [`${name}: ${rawHeaders[i + 1]}\r\n`] : []));
    inside.write(`GET ${url.replace(/^\/cell-7/, '')} HTTP/1.1\r\n${headers.join('')}\r\n`);
    inside.pipe(socket).pipe(inside);
  });
  inside.on('error', () => socket.destroy());
  socket.on('error', () => inside.destroy());
});

beforeAll(async () => {
  bs = await startBsServer({ port: 0, models: ['dualnet-mag-m16'], executionProviders: ['cpu'], logLevel: 'error' });
  await once(proxy.listen(0, '127.0.0.1'), 'listening');
  proxyUrl = `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}/cell-7`;
});
afterAll(async () => {
  proxy.closeAllConnections();
  proxy.close();
  await bs.close();
});

describe('a BS behind a proxy', () => {
  it('is reached under a path, models included, through the agent that is given', async () => {
    let opened = 0;
    const agent = new Agent();
    const createConnection = Reflect.get(agent, 'createConnection');
    Reflect.set(agent, 'createConnection', (...args: unknown[]) => {
      opened++;
      return Reflect.apply(createConnection, agent, args);
    });
    await using ue = await connectUe({ url: proxyUrl, ueId: 'ue-1', warmUpRuns: 1, agent });
    expect(ue.manifest.id).toBe('dualnet-mag-m16');
    const feed = await connectPhyFeed({ url: proxyUrl, agent });
    await feed.close();
    expect(asked.every((url) => url.startsWith('/cell-7/'))).toBe(true);
    expect(asked).toContain('/cell-7/v1/phy');
    expect(opened).toBeGreaterThan(3);
  });

  it('is named whole where there is none', async () => {
    const url = `${bs.url.replace(/^http/, 'ws')}/elsewhere`;
    await expect(connectUe({ url, ueId: 'ue-1' })).rejects.toThrow(`${url}/v1/ue: upgrade refused: HTTP 404`);
    const refused = await edgeCsi('ue', '--url', 'ws://localhost:1', '--samples', '1');
    expect(refused.stderr).toMatch(/ws:\/\/localhost:1\/v1\/ue: connect ECONNREFUSED/);
  });
});

describe('a port that is taken', () => {
  it('is named, the administrative one as such', async () => {
    const [port, admin] = [bs.port, Number(new URL(bs.adminUrl ?? '').port)];
    const taken = await edgeCsi(
      'serve',
      '--port',
      `${port}`,
      '--models',
      'dualnet-mag-m16',
      '--provider',
      'cpu',
      '--quiet',
    );
    expect(taken.stderr).toMatch(new RegExp(`^edge-csi: port ${port} of 127.0.0.1: listen EADDRINUSE`, 'm'));
    const args = [
      '--port',
      '0',
      '--admin-port',
      `${admin}`,
      '--models',
      'dualnet-mag-m16',
      '--provider',
      'cpu',
      '--quiet',
    ];
    const { code, stderr } = await edgeCsi('serve', ...args);
    expect(code).toBe(1);
    expect(stderr).toMatch(new RegExp(`administrative port ${admin} of 127.0.0.1: listen EADDRINUSE.*or none`));
  });
});

const problem = opensslProblem();
describe.skipIf(problem !== undefined)('a certificate and a key', () => {
  it('that do not fit, and a key that is encrypted, are refused in one line', async () => {
    using maker = new CertificateMaker();
    const authority = maker.authority('test');
    const [one, other] = [maker.signed(authority, 'bs'), maker.signed(authority, 'bs')];
    const locked = maker.file(
      'locked.pem',
      '-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n',
    );
    for (const [key, message] of [
      [other.keyFile, 'key is not the key of cert'],
      [locked, 'key is encrypted; decrypt it: openssl pkey -in KEY -out DECRYPTED'],
    ] as const) {
      const tls = ['--tls-cert', one.certFile, '--tls-key', key];
      for (const command of [
        ['serve', '--models', 'dualnet-mag-m16'],
        ['ue', '--url', 'wss://127.0.0.1:1'],
      ]) {
        const { code, stderr } = await edgeCsi(...command, ...tls);
        expect(stderr).toContain(message);
        expect([code, stderr.trimEnd().split('\n').length]).toEqual([2, 1]);
      }
    }
  });
});

describe('a secret of an editor', () => {
  it('is the same with a byte-order mark, and in UTF-16', async () => {
    using maker = new CertificateMaker();
    const secret = '0123456789abcdef'.repeat(4);
    const plain = maker.file('plain', `${secret}\n`);
    const marked = maker.file('marked', `\ufeff${secret}\r\n`);
    const token = async (file: string) => {
      const { stdout } = await edgeCsi('token', '--ue', 'ue-1', '--ttl', '1000', '--secret-file', file);
      return stdout.trim().split('.');
    };
    const wide = maker.file('wide', '');
    await writeFile(wide, `\ufeff${secret}\n`, 'utf16le');
    const tokens = [await token(plain), await token(marked), await token(wide)];
    for (const [header, claims, signature] of tokens) {
      expect(createHmac('sha256', secret).update(`${header}.${claims}`).digest('base64url')).toBe(signature);
    }
  });
});
