import { once } from 'node:events';
import { connect as connectOverTls, type SecureVersion } from 'node:tls';
import { connectPhyFeed, startBsServer, subscribeEstimates } from '@edge-csi/bs-server';
import { paths } from '@edge-csi/proto';
import { connectUe } from '@edge-csi/ue-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Connection, within } from '../bs-server-harness.ts';
import { type Certificate, CertificateMaker, opensslProblem } from '../openssl.ts';
import { Arena, rawConnection, rawExchange } from './arena.ts';

const problem = opensslProblem();
if (problem !== undefined) console.warn(`skipping the TLS tests: ${problem}`);

let maker: CertificateMaker;
let authority: Certificate;
let bs: Certificate;
let arena: Arena;

beforeAll(() => {
  if (problem !== undefined) return;
  maker = new CertificateMaker();
  authority = maker.authority('edge-csi test');
  bs = maker.signed(authority, 'bs');
});
afterAll(() => maker?.[Symbol.dispose]());

const refusal = { code: 'connection-lost', name: 'WireError' };

describe.skipIf(problem !== undefined)('over TLS, a BS server', () => {
  afterEach(() => arena.close());

  const open = (limits = {}) =>
    Arena.open({ tls: { cert: bs.cert, key: Buffer.from(bs.key) }, limits }, { ca: authority.cert });
  const url = () => arena.server.url.replace(/^http/, 'ws');

  it('serves UEs, feeds and subscribers that trust its authority, models included', async () => {
    arena = await open();
    expect(arena.server.url).toMatch(/^https:/);
    const tls = { ca: Buffer.from(authority.cert) };
    const feed = await connectPhyFeed({ url: url(), tls });
    const subscription = await subscribeEstimates({ url: url(), tls, onEstimate: () => undefined });
    await using ue = await connectUe({ url: url(), ueId: 'ue-1', tls, warmUpRuns: 1 });
    expect(ue.manifest.id).toBe(arena.model.manifest.id);
    await Promise.all([feed.close(), subscription.close()]);
  });

  it('is not trusted by those who do not know its authority, or whose it is not', async () => {
    arena = await open();
    const other = maker.authority('another').cert;
    for (const tls of [{}, { ca: other }]) {
      await expect(connectPhyFeed({ url: url(), tls })).rejects.toMatchObject(refusal);
      await expect(connectUe({ url: url(), ueId: 'ue-1', tls })).rejects.toMatchObject(refusal);
    }
    const elsewhere = url().replace('127.0.0.1', 'localhost');
    await expect(connectPhyFeed({ url: elsewhere, tls: { ca: authority.cert } })).rejects.toThrow(/altnames/);
  });

  it('is not called by a client whose certificate and key are of two pairs, or one alone', async () => {
    arena = await open();
    const other = maker.authority('another');
    const to = { url: url(), ueId: 'ue-1' };
    for (const [tls, problem] of [
      [{ cert: bs.cert, key: other.key }, 'tls.key is of another pair than .cert'],
      [{ key: bs.key }, 'tls.cert is missing'],
      [{ cert: 'none', key: bs.key }, 'tls.cert or .key is no PEM'],
    ] as const) {
      await expect(connectUe({ ...to, tls })).rejects.toThrow(problem);
      await expect(connectPhyFeed({ url: to.url, tls })).rejects.toThrow();
    }
  });

  it('speaks nothing older than TLS 1.2', async () => {
    arena = await open();
    const protocolOf = async (version: SecureVersion) => {
      const options = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' };
      const socket = connectOverTls({ host: '127.0.0.1', port: arena.server.port, ca: authority.cert, ...options });
      await once(socket, 'secureConnect').finally(() => socket.destroy());
      return version;
    };
    await expect(protocolOf('TLSv1.1')).rejects.toThrow();
    expect(await protocolOf('TLSv1.2')).toBe('TLSv1.2');
    expect(await protocolOf('TLSv1.3')).toBe('TLSv1.3');
  });

  it('closes peers that speak plain HTTP, garbage, or nothing', async () => {
    arena = await open({ helloTimeoutMs: 300 });
    const { port } = arena.server;
    const noise = Uint8Array.from({ length: 1_000 }, (_, i) => (i * 193 + 7) & 255);
    const half = Buffer.concat([Buffer.of(22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3), noise.subarray(0, 40)]);
    for (const bytes of ['GET / HTTP/1.1\r\nHost: bs\r\n\r\n', noise, half, '']) {
      expect(await arena.during(rawExchange(port, bytes))).not.toContain('HTTP/1.1 200');
    }
  });

  it('refuses connections beyond its limits before any handshake', async () => {
    arena = await open({ connectionsPerSecondPerAddress: 5 });
    const { port } = arena.server;
    const flood = Array.from({ length: 200 }, async () => {
      const { socket, closed } = rawConnection(port);
      socket.write(Buffer.of(22, 3, 1));
      setImmediate(() => socket.end());
      await closed;
    });
    await arena.during(within('the ends', Promise.all(flood)));
    expect(arena.server.stats().refused['connection-rate-per-address']).toBeGreaterThan(100);
    const there = { ca: authority.cert, localAddress: '127.0.0.2' };
    await Connection.open(arena.server.url, paths.estimates, there);
  });
});

describe.skipIf(problem !== undefined)('with an authority of client certificates, a BS server', () => {
  afterEach(() => arena.close());

  it('takes clients with a valid certificate and refuses all others', async () => {
    const good = maker.signed(authority, 'ue');
    const expired = maker.signed(authority, 'late', -1);
    const stranger = maker.signed(maker.authority('another'), 'stranger');
    const { cert, key } = good;
    arena = await Arena.open(
      { tls: { cert: bs.cert, key: bs.key, ca: authority.cert } },
      { ca: authority.cert, cert, key },
    );
    const url = arena.server.url.replace(/^http/, 'ws');
    const ca = authority.cert;

    const feed = await connectPhyFeed({ url, tls: { ca, cert, key } });
    await using ue = await connectUe({ url, ueId: 'ue-1', tls: { ca, cert, key }, warmUpRuns: 1 });
    expect(ue.state).toBe('ready');
    await feed.close();
    for (const tls of [{ ca }, { ...expired, ca }, { ...stranger, ca }]) {
      await expect(connectPhyFeed({ url, tls })).rejects.toMatchObject(refusal);
      await expect(connectUe({ url, ueId: 'ue-2', tls })).rejects.toMatchObject(refusal);
    }
    expect(arena.server.stats().connections).toMatchObject({ ues: 2, phyFeeds: 0 });
  });
});

describe.skipIf(problem !== undefined)('startBsServer', () => {
  it("refuses a key that is not the certificate's, and what is no PEM", async () => {
    const { key } = maker.signed(authority, 'other');
    const start = (tls: { cert: string; key: string; ca?: string }) => startBsServer({ port: 0, tls });
    await expect(start({ cert: bs.cert, key })).rejects.toThrow(RangeError);
    await expect(start({ cert: bs.cert, key })).rejects.toThrow(/^tls\.key is not the key of cert/);
    await expect(start({ cert: bs.cert, key: 'no' })).rejects.toThrow(/^tls: .*cert, key and ca must be PEM/);
    await expect(start({ cert: 'no', key: 'no' })).rejects.toThrow(/^tls: /);
  });
});
