import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { natsOf, type SiteOptions } from '../../../scripts/cli/src/nats-options.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-nats-options-'));
});
afterAll(() => rm(folder, { recursive: true }));

const options = (given: Partial<SiteOptions>): SiteOptions => ({ role: 'gateway', localDecode: true, ...given });
const nats = ['nats://a:4222', 'nats://b:4222'];

describe('natsOf', () => {
  it('is nothing for a server that is the whole site', async () => {
    expect(await natsOf(options({ role: 'all' }))).toBeUndefined();
  });

  it('reads what files hold, without the line break behind a password', async () => {
    const file = async (name: string, content: string) => {
      await writeFile(path.join(folder, name), content);
      return path.join(folder, name);
    };
    const given = {
      nats,
      natsUser: 'gateway',
      natsPasswordFile: await file('password', 'secret\n'),
      natsCa: await file('ca', 'CA'),
      natsCert: await file('cert', 'CERT'),
      natsKey: await file('key', 'KEY'),
    };
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY' };
    expect(await natsOf(options(given))).toEqual({ servers: nats, user: 'gateway', password: 'secret', tls });
    const natsCreds = await file('creds', 'JWT');
    expect(await natsOf(options({ nats, natsCreds }))).toEqual({ servers: nats, credentials: 'JWT' });
  });

  it.each([
    [{ role: 'all', nats }, '--nats goes with --role gateway or --role worker'],
    [{ role: 'all', cell: 'a' }, '--cell goes with --role gateway or --role worker'],
    [{ role: 'all', localDecode: false }, '--no-local-decode goes with --role gateway or --role worker'],
    [{}, '--role gateway needs --nats, as --nats nats://127.0.0.1:4222'],
    [{ role: 'worker', nats, cell: 'a' }, '--cell goes with --role gateway'],
    [{ role: 'worker', nats, localDecode: false }, '--no-local-decode goes with --role gateway'],
    [{ nats, natsUser: 'a' }, '--nats-user and --nats-password-file go together, give both'],
    [{ nats, natsUser: 'a', natsPasswordFile: 'b', natsCreds: 'c' }, 'give --nats-user or --nats-creds, not both'],
    [{ nats, natsCert: 'a' }, '--nats-cert and --nats-key go together, give both'],
    [{ nats, natsCreds: '/nowhere' }, "--nats-creds is '/nowhere', which cannot be read"],
  ] as const)('refuses %j', async (given, message) => {
    await expect(natsOf(options(given as Partial<SiteOptions>))).rejects.toThrow(message);
  });
});
