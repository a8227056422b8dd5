import { once } from 'node:events';
import {
  type BsServer,
  type BsServerOptions,
  type ExecutionProvider,
  type Pages,
  startBsServer,
} from '@edge-csi/bs-server';
import type { DecodeWorker } from '@edge-csi/bs-server/cluster';
import { sampleData } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isUplinkOnly } from '@edge-csi/models';
import { listModels, zooDirectory } from '@edge-csi/models/disk';
import { Command } from 'commander';
import { modelsOfOneLink, requireFolders, uplinkOnlyById } from '../model-choice.ts';
import { addSiteOptions, natsOf, type SiteOptions } from '../nats-options.ts';
import { PageChannel } from '../page/page-channel.ts';
import { PageFiles } from '../page/page-files.ts';
import { createPages, pagePath } from '../page/pages.ts';
import { defaultProviders, providers } from '../provider.ts';
import { fileOption, secretOption } from '../secret-file.ts';
import { finite, integer, list } from '../usage.ts';

interface Options extends SiteOptions {
  readonly host: string;
  readonly port: number;
  readonly adminHost: string;
  readonly adminPort?: number;
  readonly adminTokenFile?: string;
  /** False after --no-admin. */
  readonly admin: boolean;
  readonly zoo: string;
  readonly models?: string[];
  readonly uplinkOnly?: string | false;
  readonly deadlineMs: number;
  readonly holdMs: number;
  readonly periodSlots: number;
  readonly maxBatchSize?: number;
  readonly overloadControl: boolean;
  readonly provider: ExecutionProvider[];
  readonly quiet?: boolean;
  readonly tokenSecretFile?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsCa?: string;
  readonly allowOrigin?: string[];
  readonly ui?: boolean;
  readonly uiData?: string;
}

/** Assigned to new UEs where nothing else is asked for. */
const preferred = 'dualnet-mag-m128';

/** `edge-csi serve`: the BS server until SIGINT or SIGTERM. */
export function serveCommand(): Command {
  return addSiteOptions(new Command('serve'))
    .description(
      'BS server: /v1/ue, /v1/phy and /v1/estimates over WebSocket; models and health over HTTP; metrics and the life ' +
        'cycle of models on a port of their own.',
    )
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <n>', 'TCP port, 0 for any', integer('--port', 0, 65535), 8080)
    .option('--admin-host <address>', 'address of the administrative port', '127.0.0.1')
    .option('--admin-port <n>', 'administrative port, 0 for any; default --port + 1', integer('--admin-port', 0, 65535))
    .option('--admin-token-file <file>', 'token the administrative port asks for')
    .option('--no-admin', 'no administrative port; /metrics is on --port then')
    .option('--zoo <dir>', 'folder of models', zooDirectory())
    .option(
      '--models <folders>',
      `folders of the models to serve, the first one is assigned to new UEs; default all named by their id, ${preferred} first`,
      list('--models'),
    )
    .option('--uplink-only <id>', 'model for lost and late reports; default the one in --zoo that fits, if any')
    .option('--no-uplink-only', 'no estimates without a report')
    .option('--deadline-ms <ms>', 'age at which a report is dropped', finite('--deadline-ms', 1, 1e5), 100)
    .option(
      '--hold-ms <ms>',
      'age up to which an estimate is repeated where nothing newer can be had, 0: never',
      finite('--hold-ms', 0, 1e5),
      1_000,
    )
    .option('--period-slots <n>', 'report period UEs are told', integer('--period-slots', 1, 320), 40)
    .option(
      '--max-batch-size <n>',
      'reports decoded at once, or sent to a worker at once; default 16, of a gateway 32',
      integer('--max-batch-size', 1, 256),
    )
    .option('--no-overload-control', 'never tell UEs to hold back')
    .option('--provider <list>', 'execution providers, in order', providers, defaultProviders)
    .option('--quiet', 'log warnings and errors only')
    .option('--token-secret-file <file>', 'secret that tokens are signed with; every WebSocket must have one then')
    .option('--tls-cert <file>', 'PEM: certificate chain of the server; serves https: and wss:')
    .option('--tls-key <file>', 'PEM: key of --tls-cert')
    .option('--tls-ca <file>', 'PEM: authorities of client certificates; clients without one are refused')
    .option('--allow-origin <list>', 'origins whose pages may connect, default any', list('--allow-origin'))
    .option('--ui', `a page at ${pagePath} on --port: a UE in the browser, on the channel of --ui-data`)
    .option('--ui-data <file>', 'data with both bands that the page measures, default the shipped sample')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi serve
  edge-csi serve --ui
  edge-csi serve --port 9000 --models dualnet-mag-m128 --provider cpu
  edge-csi serve --tls-cert bs.pem --tls-key bs-key.pem --token-secret-file secret
  edge-csi serve --role worker --nats nats://broker:4222 --port 0 --models dualnet-mag-m128
  edge-csi serve --role gateway --nats nats://broker:4222 --cell cell-7 --models dualnet-mag-m128`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const models = options.models ?? (await preferredFirst(options.zoo));
  await requireFolders(options.models ?? [], options.zoo);
  const { uplinkOnly } = options;
  if (uplinkOnly) await uplinkOnlyById(uplinkOnly, options.zoo);
  const { adminPort, role, cell, localDecode } = options;
  if (options.uiData !== undefined && !options.ui) throw new UsageError('--ui-data goes with --ui, give both');
  if (options.admin && adminPort === undefined && options.port === 65_535) {
    throw new UsageError('--port is 65535, and there is none after it: give --admin-port, or --no-admin');
  }
  if (options.ui && role === 'worker')
    throw new UsageError('--ui needs a server that UEs connect to, not --role worker');
  const ui = options.ui ? await openPages(options) : undefined;
  const nats = await natsOf(options);
  const serverOptions: BsServerOptions = {
    host: options.host,
    port: options.port,
    adminHost: options.adminHost,
    ...(options.admin ? (adminPort === undefined ? {} : { adminPort }) : { adminPort: false }),
    ...(options.adminTokenFile === undefined
      ? {}
      : { adminToken: await secretOption('--admin-token-file', options.adminTokenFile) }),
    modelsDirectory: options.zoo,
    deadlineMs: options.deadlineMs,
    maxHoldMs: options.holdMs,
    reportPeriodSlots: options.periodSlots,
    maxBatchSize: options.maxBatchSize ?? (role === 'gateway' ? 32 : 16),
    overloadControl: options.overloadControl,
    executionProviders: options.provider,
    logLevel: options.quiet ? 'warn' : 'info',
    models,
    ...(uplinkOnly === undefined ? {} : { uplinkOnlyModel: uplinkOnly }),
    ...(nats === undefined ? {} : { nats }),
    ...(cell === undefined ? {} : { cell }),
    localDecode,
    ...(await securityOf(options)),
    ...(ui === undefined ? {} : { pages: ui }),
  };
  if (role === 'worker') {
    const { startDecodeWorker } = await import('@edge-csi/bs-server/cluster');
    const worker = await startDecodeWorker(serverOptions);
    await untilStopped(worker, `worker ${worker.name} at ${worker.url}`);
  } else {
    const server = await startBsServer(serverOptions);
    await untilStopped(server, `BS at ${server.url.replace(/^http/, 'ws')}`, ui && `${server.url}${ui.path}`);
  }
}

/** Says where it is, waits for SIGINT or SIGTERM, and ends it without losing anything. */
async function untilStopped(server: BsServer | DecodeWorker, what: string, pageUrl?: string): Promise<void> {
  const { executionProvider, adminUrl } = server;
  process.stdout.write(`edge-csi ${what}, decoding on ${executionProvider ?? 'workers only'}\n`);
  if (adminUrl !== undefined) process.stdout.write(`edge-csi admin at ${adminUrl}\n`);
  if (pageUrl !== undefined) process.stdout.write(`edge-csi page at ${pageUrl}\n`);
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
  await server.drain();
  await server.close();
}

/** @throws CsiError where the data cannot be read or the page is not built: before the server starts. */
async function openPages({ zoo, uiData = sampleData }: Options): Promise<Pages> {
  const all = await modelsOfOneLink(zoo);
  const [first, ...others] = all.flatMap((manifest) => (isUplinkOnly(manifest) ? [] : [manifest]));
  if (first === undefined) throw noModelIn(zoo);
  const channel = await PageChannel.open([first, ...others], { data: uiData });
  return createPages({ files: await PageFiles.find(), channel });
}

async function securityOf(options: Options) {
  const { tokenSecretFile, tlsCert, tlsKey, tlsCa, allowOrigin } = options;
  if ((tlsCert === undefined) !== (tlsKey === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together, give both');
  }
  if (tlsCa !== undefined && tlsCert === undefined) throw new UsageError('--tls-ca needs --tls-cert and --tls-key');
  return {
    ...(tokenSecretFile === undefined
      ? {}
      : { tokenSecret: await secretOption('--token-secret-file', tokenSecretFile) }),
    ...(tlsCert === undefined || tlsKey === undefined
      ? {}
      : {
          tls: {
            cert: await fileOption('--tls-cert', tlsCert),
            key: await fileOption('--tls-key', tlsKey),
            ...(tlsCa === undefined ? {} : { ca: await fileOption('--tls-ca', tlsCa) }),
          },
        }),
    ...(allowOrigin === undefined ? {} : { allowedOrigins: allowOrigin }),
  };
}

async function preferredFirst(zoo: string): Promise<string[]> {
  const ids = (await listModels(zoo)).map((manifest) => manifest.id);
  if (ids.length === 0) throw noModelIn(zoo);
  return ids.sort((a, b) => Number(b === preferred) - Number(a === preferred));
}

function noModelIn(zoo: string): UsageError {
  return new UsageError(`no model in ${zoo}; give --zoo a folder that holds some`);
}
