import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import {
  type AccessGrant,
  bsServerDefaults,
  type ClientTls,
  clientTlsProblem,
  connectPhyFeed,
  type PhyFeed,
  signAccessToken,
} from '@edge-csi/bs-server';
import { requireUplink, requireUsable, sampleData, usableSample } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { connectUe } from '@edge-csi/ue-client';
import { slotMs } from '../link-run/schedule.ts';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, type DataReader, withData } from '../options/data.ts';
import { encoderOption } from '../options/ends.ts';
import { writeJson } from '../options/output.ts';
import { contents, id, integer, secret, url, writableFile } from '../options/parse.ts';
import { startProgress } from '../progress.ts';
import { commandLine } from '../provenance.ts';

const defaultUrl = `ws://${bsServerDefaults.host}:${bsServerDefaults.port}`;

function declare(program: CommandUnknownOpts) {
  return withData(sampleData)(program.command('ue'))
    .description('UEs that report the samples of a data file to a running BS server, at the period it asks for.')
    .option('--url <url>', 'base of the BS server', url(['ws:', 'wss:'], 'ws://host:port'), defaultUrl)
    .option('--id <name>', 'UE id; with --count, the common prefix', id(56), 'ue')
    .option('--count <n>', 'number of UEs', integer(1, 1024), 1)
    .option('--samples <n>', 'reports each UE sends', integer(1, 1e7), 100)
    .option('--phy', 'also play the base band: send the uplink CSI of every report')
    .addOption(encoderOption)
    .option('--token <text>', 'token of the one UE, as `edge-csi token` prints it')
    .option('--token-secret-file <file>', "the server's secret: tokens of all UEs and of --phy are signed here", secret)
    .option('--ca <file>', 'PEM: authorities that the server is trusted by, for wss:', contents)
    .option('--tls-cert <file>', 'PEM: certificate of this end, where the server asks for one', contents)
    .option('--tls-key <file>', 'PEM: key of --tls-cert', contents)
    .option('--json <file>', 'write what became of the reports as JSON', writableFile)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi ue
  edge-csi ue --url ws://127.0.0.1:9000 --count 8 --samples 1000 --phy
  edge-csi ue --url wss://bs.example:8080 --ca ca.pem --token-secret-file secret --count 8 --phy`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `edge-csi ue`: one or many UEs against a running server. */
export const addUe = (program: CommandUnknownOpts) => declare(program).action(run);

async function run(options: Options): Promise<void> {
  const ids = Array.from({ length: options.count }, (_, i) =>
    options.count === 1 ? options.id : `${options.id}-${i}`,
  );
  const access = accessOf(options);
  const { url } = options;
  const reader = createDataReader(options);
  const { tls } = access;
  const phy = options.phy ? await connectPhyFeed({ url, tls, ...(await access.tokenFor({ role: 'phy' })) }) : undefined;
  const progress = startProgress('reports', options.count * options.samples);
  let sent = 0;
  const onSent = () => progress.update(++sent);
  try {
    const ended = await Promise.allSettled(
      ids.map((ueId, index) => report({ ueId, index, options, reader, access, phy, onSent })),
    );
    progress.stop();
    const ues = ended.map((end, i) =>
      end.status === 'fulfilled' ? end.value : failureOf(ids[i] as string, end.reason),
    );
    for (const ue of ues) if (!('problem' in ue)) process.stdout.write(`${summaryOf(ue)}\n`);
    await writeJson(options.json, {
      schema: 'edge-csi/ue@1',
      command: commandLine(),
      ...{ url, data: path.basename(options.data), encoder: options.encoder, ues },
    });
    for (const end of ended) if (end.status === 'rejected') throw end.reason;
  } finally {
    progress.stop();
    await phy?.close();
  }
}

/** How this end shows who it is. */
interface Access {
  readonly tls: ClientTls;
  readonly tokenFor: (grant: Omit<AccessGrant, 'ttlSeconds'>) => Promise<{ readonly token?: string }>;
}

/** Of the tokens signed here: longer than any run. */
const ttlSeconds = 7 * 24 * 3600;

function accessOf(options: Options): Access {
  const { token, tokenSecretFile: secret, ca, tlsCert, tlsKey } = options;
  if (token !== undefined && (secret !== undefined || options.count > 1 || options.phy)) {
    throw new UsageError("--token is one UE's: with --count, --phy or --token-secret-file leave it out");
  }
  const problem = clientTlsProblem({ ...(tlsCert && { cert: tlsCert }), ...(tlsKey && { key: tlsKey }) });
  if (problem !== undefined) throw new UsageError(`--tls-cert and --tls-key: ${problem.slice(1)}`);
  return {
    tls: {
      ...(ca !== undefined && { ca }),
      ...(tlsCert !== undefined && { cert: tlsCert }),
      ...(tlsKey !== undefined && { key: tlsKey }),
    },
    tokenFor: async (grant) => {
      if (secret !== undefined) return { token: await signAccessToken(secret, { ...grant, ttlSeconds }) };
      return token === undefined ? {} : { token };
    },
  };
}

interface UeRun {
  readonly ueId: string;
  readonly index: number;
  readonly options: Options;
  readonly reader: DataReader;
  readonly access: Access;
  readonly phy: PhyFeed | undefined;
  readonly onSent: () => void;
}

/** What became of one UE's reports. */
interface UeResult {
  readonly ueId: string;
  /** The last that it encoded with. */
  readonly model: string;
  readonly reportsSent: number;
  readonly payloadBits: { readonly mean: number };
  /** Reports by what the BS said of them. */
  readonly outcomes: Readonly<Record<string, number>>;
}

/** What the result says of a UE that failed. */
function failureOf(ueId: string, reason: unknown): { readonly ueId: string; readonly problem: string } {
  return { ueId, problem: reason instanceof Error ? reason.message : String(reason) };
}

function summaryOf({ ueId, reportsSent, payloadBits, outcomes }: UeResult): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${ueId}: ${reportsSent} reports, ${payloadBits.mean.toFixed(0)} bits each: ${counts.join(', ')}`;
}

/** Plays one UE to its end. */
async function report({ ueId, index, options, reader, access, phy, onSent }: UeRun): Promise<UeResult> {
  const outcomes: Record<string, number> = {};
  const ue = await connectUe({
    url: options.url,
    ueId,
    encoder: options.encoder,
    tls: access.tls,
    ...(await access.tokenFor({ role: 'ue', ueId })),
    onAck: ({ outcome }) => {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    },
  });
  try {
    const source = await reader.open(ue.manifest);
    if (phy !== undefined) requireUplink(source, '--phy sends it; leave --phy out');
    requireUsable(
      source,
      Array.from(
        { length: Math.min(options.samples, source.numSamples) },
        (_, k) => (index + k * options.count) % source.numSamples,
      ),
    );
    let bits = 0;
    for (let k = 0; k < options.samples; k++) {
      const sample = (index + k * options.count) % source.numSamples;
      phy?.send(ueId, k, usableSample(source, 'uplink', sample));
      const sent = await ue.report(usableSample(source, 'downlink', sample), { slot: k });
      bits += sent.payloadBits.total;
      onSent();
      await sleep(ue.config.reportPeriodSlots * slotMs);
    }
    await ue.drain();
    const { samples: reportsSent } = options;
    return { ueId, model: ue.manifest.id, reportsSent, payloadBits: { mean: bits / reportsSent }, outcomes };
  } finally {
    await ue.close();
  }
}
