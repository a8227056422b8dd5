import { once } from 'node:events';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import {
  type BsServer,
  type BsServerOptions,
  bsServerDefaults as defaults,
  type Pages,
  startBsServer,
} from '@edge-csi/bs-server';
import type { DecodeWorker } from '@edge-csi/bs-server/cluster';
import { CsiError } from '@edge-csi/csi';
import { sampleData } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isUplinkOnly } from '@edge-csi/models';
import { listReportModels } from '@edge-csi/models/disk';
import { givenFlag, type OptionsOf } from '../options/command.ts';
import { createDataReader } from '../options/data.ts';
import { providersOption } from '../options/ends.ts';
import { modelsOfOneLink, requireFolders, uplinkOnlyById, zooOption } from '../options/models.ts';
import { contents, finite, integer, list, secret } from '../options/parse.ts';
import { bitPriceKnob, bitPriceOption, maxBits } from '../options/path-model.ts';
import { natsOf, siteOptions, withSite } from '../options/site.ts';
import { PageChannel, usualSlotsPerSample } from '../page/page-channel.ts';
import { createPages, PageFiles, pagePath } from '../page/pages.ts';

/** Assigned to new UEs where nothing else is asked for. */
const preferred = 'dualnet-mag-m128';
/** A gateway sends more at once than a decoder takes: messages cost it more than reports do. */
const gatewayBatchSize = 32;
const port = integer(0, 65_535);

function declare(program: CommandUnknownOpts) {
  return withSite(program.command('serve'))
    .description(
      'BS server: /v1/ue, /v1/phy and /v1/estimates over WebSocket; models and health over HTTP; metrics and the life ' +
        'cycle of models on a port of their own.',
    )
    .option('--host <address>', 'address to listen on', defaults.host)
    .option('--port <n>', 'TCP port, 0 for any', port, defaults.port)
    .option('--admin-host <address>', 'address of the administrative port', defaults.adminHost)
    .option('--admin-port <n>', 'administrative port, 0 for any; default --port + 1', port)
    .option('--admin-token-file <file>', 'token the administrative port asks for', secret)
    .option('--no-admin', 'no administrative port; /metrics is on --port then')
    .option(...zooOption())
    .option(
      '--models <folders>',
      `folders of the models to serve, the first one is assigned to new UEs; default all named by their id, ${preferred} first`,
      list,
    )
    .option('--uplink-only <id>', 'model for lost and late reports; default the one in --zoo that fits, if any')
    .option('--no-uplink-only', 'no estimates without a report')
    .option('--deadline-ms <ms>', 'age at which a report is dropped', finite(1, 1e5), defaults.deadlineMs)
    .option(
      '--hold-ms <ms>',
      'age up to which an estimate is repeated, or predicted on, where nothing newer can be had, 0: never',
      finite(0, 1e5),
      defaults.maxHoldMs,
    )
    .option(
      '--estimate-every <slots>',
      'predict channels this often between reports that tell Doppler shifts, 0: not',
      integer(0, 320),
      defaults.estimateEverySlots,
    )
    .option(
      '--hint-interval-ms <ms>',
      'least time from one uplink that is searched for paths, of which its UE is told, to the next, over all UEs; 0: not',
      finite(0, 1e5),
      defaults.hintIntervalMs,
    )
    .option('--max-bits <n>', 'most bits of a path report; default as the model says', maxBits)
    .option(...bitPriceOption)
    .option('--period-slots <n>', 'report period UEs are told', integer(1, 320), defaults.reportPeriodSlots)
    .option(
      '--max-batch-size <n>',
      `reports decoded at once, or sent to a worker at once; default ${defaults.maxBatchSize}, of a gateway ${gatewayBatchSize}`,
      integer(1, 256),
    )
    .option('--no-overload-control', 'never tell UEs to hold back')
    .option(...providersOption)
    .option('--quiet', 'log warnings and errors only')
    .option(
      '--token-secret-file <file>',
      'secret that tokens are signed with; every WebSocket must have one then',
      secret,
    )
    .option('--tls-cert <file>', 'PEM: certificate chain of the server; serves https: and wss:', contents)
    .option('--tls-key <file>', 'PEM: key of --tls-cert', contents)
    .option('--tls-ca <file>', 'PEM: authorities of client certificates; clients without one are refused', contents)
    .option('--allow-origin <list>', 'origins whose pages may connect, default any', list)
    .option('--ui', `a page at ${pagePath} on --port: a UE in the browser, on the channel of --ui-data`)
    .option(
      '--ui-data <file>',
      'data that the page measures, as edge-csi convert writes them; default the shipped sample',
    )
    .option(
      '--ui-sample-slots <n>',
      'slots for which the channel of the page is one sample: of a track, its time from sample to sample',
      integer(1, 320),
      usualSlotsPerSample,
    )
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
    );
}

type Options = OptionsOf<typeof declare>;

/** `edge-csi serve`: the BS server until SIGINT or SIGTERM. */
export const addServe = (program: CommandUnknownOpts) =>
  declare(program).action((options, command) => run(options, givenFlag(command, siteOptions)));

/** @param siteFlag - the first flag of a site that is given */
async function run(options: Options, siteFlag: string | undefined): Promise<void> {
  const { role, zoo, ui, uiData, uplinkOnly, admin, adminPort } = options;
  const models = options.models ?? (await preferredFirst(zoo));
  await requireFolders(options.models ?? [], zoo);
  if (uplinkOnly) await uplinkOnlyById(uplinkOnly, zoo);
  if (uiData !== undefined && !ui) throw new UsageError('--ui-data goes with --ui, give both');
  if (admin && adminPort === undefined && options.port === 65_535) {
    throw new UsageError('--port is 65535, and there is none after it: give --admin-port, or --no-admin');
  }
  if (ui && role === 'worker') throw new UsageError('--ui needs a server that UEs connect to, not --role worker');
  const pages = ui ? await openPages(options) : undefined;
  const serverOptions: BsServerOptions = {
    host: options.host,
    port: options.port,
    adminHost: options.adminHost,
    adminPort: admin && adminPort,
    adminToken: options.adminTokenFile,
    modelsDirectory: zoo,
    deadlineMs: options.deadlineMs,
    maxHoldMs: options.holdMs,
    estimateEverySlots: options.estimateEvery,
    hintIntervalMs: options.hintIntervalMs,
    reportPeriodSlots: options.periodSlots,
    maxPayloadBits: options.maxBits,
    bitPriceTenthDb: bitPriceKnob(options.bitPriceDb),
    maxBatchSize: options.maxBatchSize ?? (role === 'gateway' ? gatewayBatchSize : defaults.maxBatchSize),
    overloadControl: options.overloadControl,
    executionProviders: options.provider,
    logLevel: options.quiet ? 'warn' : 'info',
    models,
    uplinkOnlyModel: uplinkOnly,
    nats: natsOf(options, siteFlag),
    cell: options.cell,
    localDecode: options.localDecode,
    tls: tlsOf(options),
    tokenSecret: options.tokenSecretFile,
    allowedOrigins: options.allowOrigin,
    pages,
  };
  if (role === 'worker') {
    const { startDecodeWorker } = await import('@edge-csi/bs-server/cluster');
    const worker = await startDecodeWorker(serverOptions).catch(asUsage);
    await untilStopped(worker, `worker ${worker.name} at ${worker.url}`);
  } else {
    const server = await startBsServer(serverOptions).catch(asUsage);
    await untilStopped(server, `BS at ${server.url.replace(/^http/, 'ws')}`, pages && `${server.url}${pages.path}`);
  }
}

/** What a server says of its options is what to change on the command line. */
function asUsage(cause: unknown): never {
  if (cause instanceof RangeError) throw new UsageError(cause.message, { cause });
  throw cause;
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
async function openPages({ zoo, uiData = sampleData, uiSampleSlots }: Options): Promise<Pages> {
  const all = await modelsOfOneLink(zoo);
  const [first, ...others] = all.flatMap((manifest) => (isUplinkOnly(manifest) ? [] : [manifest]));
  if (first === undefined) throw noModelIn(zoo);
  const channel = await PageChannel.open([first, ...others], createDataReader({ data: uiData }), uiSampleSlots).catch(
    (cause) => {
      if (!(cause instanceof CsiError)) throw cause;
      const wayOut =
        'where an option has to say how to read --ui-data, convert it first: edge-csi convert --data FILE --out csi.npz';
      throw new CsiError(cause.code, `${cause.message}; ${wayOut}`, { cause });
    },
  );
  return createPages({ files: await PageFiles.find(), channel });
}

function tlsOf({ tlsCert: cert, tlsKey: key, tlsCa: ca }: Options): BsServerOptions['tls'] {
  if ((cert === undefined) !== (key === undefined)) {
    throw new UsageError('--tls-cert and --tls-key go together, give both');
  }
  if (cert !== undefined && key !== undefined) return { cert, key, ca };
  if (ca !== undefined) throw new UsageError('--tls-ca needs --tls-cert and --tls-key');
  return undefined;
}

async function preferredFirst(zoo: string): Promise<string[]> {
  const ids = (await listReportModels(zoo)).map((manifest) => manifest.id);
  if (ids.length === 0) throw noModelIn(zoo);
  return ids.sort((a, b) => Number(b === preferred) - Number(a === preferred));
}

function noModelIn(zoo: string): UsageError {
  return new UsageError(`no model in ${zoo}; give --zoo a folder that holds some`);
}
