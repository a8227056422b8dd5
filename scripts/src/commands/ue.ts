import { setTimeout as sleep } from 'node:timers/promises';
import { connectPhyFeed, type PhyFeed } from '@edge-csi/bs-server';
import { type Manifest, parseManifest } from '@edge-csi/models';
import { connectUe, type EncoderBackend, type Ue } from '@edge-csi/ue-client';
import { Command } from 'commander';
import { dataFor, openData, sampleData, usableSample } from '../data.ts';
import { encoderOption } from '../encoder-option.ts';
import { slotMs } from '../link-run/schedule.ts';
import { startProgress } from '../progress.ts';
import { integer, UsageError } from '../usage.ts';

interface Options {
  readonly url: string;
  readonly id: string;
  readonly count: number;
  readonly data: string;
  readonly uplink?: string;
  readonly samples: number;
  readonly phy?: boolean;
  readonly encoder: EncoderBackend;
  readonly token?: string;
}

/** `edge-csi ue`: one or many UEs against a running server. */
export function ueCommand(): Command {
  return new Command('ue')
    .description('UEs that report the samples of a data file to a running BS server, at the period it asks for.')
    .option('--url <url>', 'base of the BS server', 'ws://127.0.0.1:8080')
    .option('--id <name>', 'UE id; with --count, the common prefix', 'ue')
    .option('--count <n>', 'number of UEs', integer('--count', 1, 1024), 1)
    .option('--data <file>', 'path-list .npz, or CSI as .npy or .npz', sampleData)
    .option('--uplink <file>', 'uplink CSI, where --data has the downlink only')
    .option('--samples <n>', 'reports each UE sends', integer('--samples', 1, 1e7), 100)
    .option('--phy', 'also play the base band: send the uplink CSI of every report')
    .addOption(encoderOption())
    .option('--token <text>', 'token the server asks for')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi ue
  edge-csi ue --url ws://127.0.0.1:9000 --count 8 --samples 1000 --phy`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (!URL.canParse(options.url) || !/^wss?:$/.test(new URL(options.url).protocol)) {
    throw new UsageError(`--url is '${options.url}', give one like ws://host:port`);
  }
  if (!/^[\w.:-]{1,56}$/.test(options.id)) {
    throw new UsageError(`--id is '${options.id}', give 1 to 56 characters of A-Z a-z 0-9 . _ : -`);
  }
  const ids = Array.from({ length: options.count }, (_, i) =>
    options.count === 1 ? options.id : `${options.id}-${i}`,
  );
  const token = options.token === undefined ? {} : { token: options.token };
  const phy = options.phy ? await connectPhyFeed({ url: options.url, ...token }) : undefined;
  const progress = startProgress('reports', options.count * options.samples);
  let sent = 0;
  const onSent = () => progress.update(++sent);
  try {
    const results = await Promise.all(ids.map((ueId, index) => report({ ueId, index, options, phy, onSent })));
    progress.stop();
    for (const line of results) process.stdout.write(`${line}\n`);
  } finally {
    progress.stop();
    await phy?.close();
  }
}

interface UeRun {
  readonly ueId: string;
  readonly index: number;
  readonly options: Options;
  readonly phy: PhyFeed | undefined;
  readonly onSent: () => void;
}

/** Plays one UE to its end. @returns its summary, one line */
async function report({ ueId, index, options, phy, onSent }: UeRun): Promise<string> {
  const outcomes = new Map<string, number>();
  const ue = await connectUe({
    url: options.url,
    ueId,
    encoder: options.encoder,
    ...(options.token === undefined ? {} : { token: options.token }),
    onAck: ({ outcome }) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
  });
  try {
    const source = await openData(dataFor(await servedManifest(options.url, ue), options.data, options.uplink));
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
    const counts = Array.from(outcomes, ([outcome, count]) => `${count} ${outcome}`).join(', ');
    return `${ueId}: ${options.samples} reports, ${(bits / options.samples).toFixed(0)} bits each: ${counts}`;
  } finally {
    await ue.close();
  }
}

/** The manifest of the model a UE was told to use, from the server that told it. */
async function servedManifest(url: string, ue: Ue): Promise<Manifest> {
  const response = await fetch(new URL(ue.config.modelUrl, url.replace(/^ws/, 'http')));
  return parseManifest(await response.json());
}
