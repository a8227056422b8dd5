import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram, givenFlag } from '../../../scripts/cli/src/options/command.ts';
import { natsOf, siteOptions, withSite } from '../../../scripts/cli/src/options/site.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-nats-options-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a command line says of NATS. */
function nats(...args: string[]) {
  const command = withSite(createProgram('serve').exitOverride()).parse(args, { from: 'user' });
  return natsOf(command.opts(), givenFlag(command, siteOptions));
}

const gateway = ['--role', 'gateway', '--nats', 'nats://a:4222,nats://b:4222'];
const worker = ['--role', 'worker', '--nats', 'nats://a:4222'];
const servers = ['nats://a:4222', 'nats://b:4222'];

describe('how to reach NATS', () => {
  it('is nothing for a server that is the whole site', () => {
    expect(nats()).toBeUndefined();
  });

  it('is what files hold, without the line break behind a password', async () => {
    const file = async (name: string, content: string) => {
      await writeFile(path.join(folder, name), content);
      return path.join(folder, name);
    };
    const password = ['--nats-user', 'gateway', '--nats-password-file', await file('password', 'secret\n')];
    const pems = ['--nats-ca', await file('ca', 'CA'), '--nats-cert', await file('cert', 'CERT')];
    const key = ['--nats-key', await file('key', 'KEY')];
    const tls = { ca: 'CA', cert: 'CERT', key: 'KEY' };
    expect(nats(...gateway, ...password, ...pems, ...key)).toEqual({
      ...{ servers, user: 'gateway', password: 'secret', tls },
    });
    expect(nats(...gateway, '--nats-creds', await file('creds', 'JWT'))).toEqual({ servers, credentials: 'JWT' });
  });

  it.each([
    [['--nats', 'nats://a:4222'], '--nats goes with --role gateway or --role worker'],
    [['--cell', 'a'], '--cell goes with --role gateway or --role worker'],
    [['--no-local-decode'], '--no-local-decode goes with --role gateway or --role worker'],
    [['--role', 'gateway'], '--role gateway needs --nats, as --nats nats://127.0.0.1:4222'],
    [[...worker, '--cell', 'a'], '--cell goes with --role gateway'],
    [[...worker, '--no-local-decode'], '--no-local-decode goes with --role gateway'],
    [[...gateway, '--nats-user', 'a'], '--nats-user and --nats-password-file go together, give both'],
    [
      [...gateway, '--nats-user', 'a', '--nats-password-file', '/dev/null', '--nats-creds', '/dev/null'],
      'give --nats-user or --nats-creds, not both',
    ],
    [[...gateway, '--nats-cert', '/dev/null'], '--nats-cert and --nats-key go together, give both'],
    [[...gateway, '--nats-creds', '/nowhere'], "--nats-creds is '/nowhere', which cannot be read"],
  ])('refuses %j', (args, message) => {
    expect(() => nats(...args)).toThrow(message);
  });
});
