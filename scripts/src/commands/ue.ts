import { setTimeout as sleep } from 'node:timers/promises';
import { connectPhyFeed, type PhyFeed } from '@edge-csi/bs-server';
import { connectUe } from '@edge-csi/ue-client';
import { Command } from 'commander';
import { dataFor, openData, sampleData } from '../data.ts';
import { slotMs } from '../link-run/schedule.ts';
import { modelsById } from '../model-choice.ts';
import { integer, UsageError } from '../usage.ts';

interface Options {
  readonly url: string;
  readonly id: string;
  readonly count: number;
  readonly data: string;
  readonly samples: number;
  readonly phy?: boolean;
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
    .option('--samples <n>', 'reports each UE sends', integer('--samples', 1, 1e7), 100)
    .option('--phy', 'also play the base band: send the uplink CSI of every report')
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
  if (!/^wss?:\/\//.test(options.url)) throw new UsageError(`--url is '${options.url}', give one like ws://host:port`);
  const ids = Array.from({ length: options.count }, (_, i) =>
    options.count === 1 ? options.id : `${options.id}-${i}`,
  );
  const token = options.token === undefined ? {} : { token: options.token };
  const phy = options.phy ? await connectPhyFeed({ url: options.url, ...token }) : undefined;
  await Promise.all(ids.map((ueId, index) => report(ueId, index, options, phy)));
  await phy?.close();
}

async function report(ueId: string, index: number, options: Options, phy: PhyFeed | undefined): Promise<void> {
  const outcomes = new Map<string, number>();
  const ue = await connectUe({
    url: options.url,
    ueId,
    ...(options.token === undefined ? {} : { token: options.token }),
    onAck: ({ outcome }) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
  });
  const [manifest] = await modelsById([ue.config.model.id]);
  if (manifest === undefined) return;
  const source = await openData(dataFor(manifest, options.data));
  let bits = 0;
  for (let k = 0; k < options.samples; k++) {
    const sample = (index + k * options.count) % source.numSamples;
    const uplink = source.uplink(sample);
    if (uplink !== undefined) phy?.send(ueId, k, uplink);
    const sent = await ue.report(source.downlink(sample), { slot: k });
    bits += sent.payloadBits.total;
    await sleep(ue.config.reportPeriodSlots * slotMs);
  }
  await ue.drain();
  await ue.close();
  const counts = Array.from(outcomes, ([outcome, count]) => `${count} ${outcome}`).join(', ');
  process.stdout.write(
    `${ueId}: ${options.samples} reports, ${(bits / options.samples).toFixed(0)} bits each: ${counts}\n`,
  );
}
