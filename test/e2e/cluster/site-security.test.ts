import { copyFile, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ModelBundle } from '@edge-csi/models';
import { connect } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type * as natsBroker from '../../../bs-server/src/cluster/nats-broker.ts';
import { bundleOf } from '../../family-model.ts';
import { until } from '../bs-server-harness.ts';
import { builtModule } from '../built-module.ts';
import { edgeCsi } from '../edge-csi-command.ts';
import { CertificateMaker, opensslProblem } from '../openssl.ts';
import { VersionZoo } from '../version-zoo.ts';
import { metricsOf } from './metrics-of.ts';
import { NatsServer, natsProblem } from './nats-server.ts';
import { Site } from './site.ts';
import { SiteLoad } from './site-load.ts';
import { decodedMore, ready } from './site-rig.ts';

const problem = natsProblem() ?? opensslProblem();
const passwords = { gateway: 'gateway-secret', worker: 'worker-secret', scheduler: 'scheduler-secret' } as const;

let zoo: VersionZoo;
let model: ModelBundle;
let maker: CertificateMaker;
let broker: NatsServer;
let options: (user: keyof typeof passwords) => string[];
let tls: { ca: string; cert: string; key: string };

/** A broker with the configuration of the documents, and the certificates and passwords it names. */
beforeAll(async () => {
  if (problem !== undefined) return;
  zoo = await VersionZoo.create();
  model = await bundleOf(zoo.model('link'));
  maker = new CertificateMaker();
  const authority = maker.authority('edge-csi test');
  const own = maker.signed(authority, 'broker', 2, 'IP:127.0.0.1,DNS:localhost');
  const client = maker.signed(authority, 'client');
  const conf = await readFile(fileURLToPath(new URL('../../../docs/nats-server.conf', import.meta.url)), 'utf8');
  for (const [user, password] of Object.entries(passwords)) process.env[`${user.toUpperCase()}_PASSWORD`] = password;
  broker = await NatsServer.start(conf.replace('port: 4222', ''), async (folder) => {
    await copyFile(own.certFile, path.join(folder, 'broker.pem'));
    await copyFile(own.keyFile, path.join(folder, 'broker-key.pem'));
    await copyFile(authority.certFile, path.join(folder, 'ca.pem'));
    for (const [user, password] of Object.entries(passwords)) await writeFile(path.join(folder, user), `${password}\n`);
  });
  const files = ['--nats-ca', authority.certFile, '--nats-cert', client.certFile, '--nats-key', client.keyFile];
  options = (user) => ['--nats-user', user, '--nats-password-file', path.join(broker.folder, user), ...files];
  tls = { ca: authority.cert, cert: client.cert, key: client.key };
});
afterAll(async () => {
  await broker?.[Symbol.asyncDispose]();
  maker?.[Symbol.dispose]();
  await zoo?.remove();
});

describe.skipIf(problem !== undefined)('a broker that asks for certificates and passwords', () => {
  it('connects gateways and workers by role, and a subscriber hears estimates and may say nothing', async () => {
    await using site = Site.on(broker, zoo.directory);
    const scheduler = await connect({ servers: broker.namedUrl, user: 'scheduler', pass: passwords.scheduler, tls });
    const subjects: string[] = [];
    scheduler.subscribe('csi.estimate.>', { callback: (_, { subject }) => void subjects.push(subject) });
    const refused: string[] = [];
    void (async () => {
      for await (const status of scheduler.status()) if (status.type === 'error') refused.push(status.error.message);
    })();

    const [gateway, worker] = await Promise.all([
      site.gateway('--cell', 'cell-7', '--no-local-decode', '--deadline-ms', '2000', ...options('gateway')),
      site.worker(...options('worker')),
    ]);
    await ready(gateway);
    const load = await SiteLoad.join(gateway.url, model, 2, 'ue.of');
    load.start(100);
    await decodedMore(load, 10);
    await load.stop();
    load.close();
    for (const { adminUrl } of [gateway, worker]) {
      expect((await metricsOf(adminUrl)).get('edge_csi_cluster_broker_refusals_total')).toBe(0);
    }
    await until('estimates', () => subjects.length >= 10);
    expect(new Set(subjects)).toEqual(new Set(['csi.estimate.cell-7.ue%2Eof-0', 'csi.estimate.cell-7.ue%2Eof-1']));
    scheduler.publish('csi.decode.link.1', 'not mine to send');
    scheduler.subscribe('csi.beat.*', { callback: () => undefined });
    await until('two refusals', () => refused.length >= 2);
    expect(refused.join()).toMatch(/Permissions Violation for (Publish|Subscription)/i);
    await scheduler.close();
  });

  it('is not taken for one that does without TLS where TLS is asked for', async () => {
    await using plain = await NatsServer.start();
    const { connectNats } = await builtModule<typeof natsBroker>('./cluster/nats-broker.js');
    const nobody = { connected: () => undefined, disconnected: () => undefined, trouble: () => undefined };
    const { port } = plain;
    const refused = "server does not support 'tls'";
    await expect(connectNats({ servers: [`tls://localhost:${port}`] }, 'test', nobody)).rejects.toThrow(refused);
    await expect(connectNats({ servers: [plain.namedUrl], tls: { ca: tls.ca } }, 'test', nobody)).rejects.toThrow(
      refused,
    );
  });

  it('turns away whoever has no certificate, or another password, and the command says so', async () => {
    const serve = [
      'serve',
      '--role',
      'worker',
      '--nats',
      broker.namedUrl,
      '--zoo',
      zoo.directory,
      '--models',
      'link',
      '--port',
      '0',
    ];
    const [user, , , file] = options('worker');
    const bare = await edgeCsi(...serve, user as string, 'worker', '--nats-password-file', file as string);
    expect(bare.stderr).toMatch(/^edge-csi: no connection to NATS at nats:\/\/localhost:\d+: /m);
    expect(bare.code).toBe(1);
    const wrong = path.join(broker.folder, 'wrong');
    await writeFile(wrong, 'guess');
    const [, , , , ...files] = options('worker');
    const guess = await edgeCsi(...serve, '--nats-user', 'worker', '--nats-password-file', wrong, ...files);
    expect(guess.stderr).toMatch(/^edge-csi: no connection to NATS at .*Authorization Violation/im);
    expect(guess.code).toBe(1);
  });
});

it('serve says what is wrong with the options of a site, and that there is no broker', async () => {
  const without = await edgeCsi('serve', '--role', 'worker');
  expect([without.code, without.stderr]).toEqual([
    2,
    expect.stringMatching(/--role worker needs --nats, as --nats nats:/),
  ]);
  const serve = ['serve', '--port', '0', '--models', 'dualnet-mag-m43', '--role', 'worker'];
  const far = await edgeCsi(...serve, '--nats', 'nats://127.0.0.1:1');
  const message = /no connection to NATS at nats:\/\/127\.0\.0\.1:1: connection refused/;
  expect([far.code, far.stderr]).toEqual([1, expect.stringMatching(message)]);
});
