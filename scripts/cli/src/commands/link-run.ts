import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { ExecutionProvider } from '@edge-csi/bs-server';
import { type DataFlags, dataFor, openData, sampleData } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { zooDirectory } from '@edge-csi/models/disk';
import type { EncoderBackend } from '@edge-csi/ue-client';
import { Command } from 'commander';
import { commandLine } from '../command-line.ts';
import { addDataOptions } from '../data-options.ts';
import { encoderOption } from '../encoder-option.ts';
import { describeEnvironment, describeStart } from '../environment.ts';
import { requireWritable, writeJson } from '../json-file.ts';
import { type LinkExample, mergeExamples } from '../link-run/example.ts';
import { runLink } from '../link-run/link-run.ts';
import { linkRunPage } from '../link-run/link-run-page.ts';
import { renderLinkRun } from '../link-run/render.ts';
import type { LinkRun, LinkRunReport } from '../link-run/result.ts';
import { slotMs } from '../link-run/schedule.ts';
import { modelsById, modelsByReduction } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { defaultProviders, providers } from '../provider.ts';
import { finite, integer, list } from '../usage.ts';
import { addPageOptions, type PageTargets, requirePageTargets, writePage } from '../write-page.ts';

interface Options extends DataFlags, PageTargets {
  readonly zoo: string;
  readonly models?: string[];
  readonly reduction?: string[];
  readonly samples?: number;
  readonly ues: number;
  readonly ueWorkers: number;
  readonly encoder: EncoderBackend;
  readonly periodMs: number;
  readonly deadlineMs: number;
  readonly uplinkSnrDb?: number;
  readonly provider: ExecutionProvider[];
  readonly showSamples?: string[];
  readonly seed: number;
  readonly json?: string;
}

/** `edge-csi link-run`: the main job. */
export function linkRunCommand(): Command {
  return addPageOptions(addDataOptions(new Command('link-run'), sampleData))
    .description('Simulated UEs, a PHY feed and a BS server over real sockets on this machine; one row per reduction.')
    .option('--models <ids>', 'models to run, instead of the pruned one of each reduction', list('--models'))
    .option('--reduction <list>', 'reductions to run, default 4,8,12', list('--reduction'))
    .option('--zoo <dir>', 'folder of models', zooDirectory())
    .option('--samples <n>', 'samples to run, default all', integer('--samples', 1, 1e7))
    .option('--ues <n>', 'simulated UEs', integer('--ues', 1, 4096), 16)
    .option(
      '--ue-workers <n>',
      'threads the UEs run on',
      integer('--ue-workers', 1, 64),
      Math.min(2, availableParallelism()),
    )
    .addOption(encoderOption())
    .option('--period-ms <ms>', 'time between two reports of one UE', integer('--period-ms', 1, 320), 80)
    .option('--deadline-ms <ms>', 'age at which the BS drops a report', finite('--deadline-ms', 1, 1e5), 200)
    .option(
      '--uplink-snr-db <dB>',
      'estimation noise on the uplink CSI the BS gets',
      finite('--uplink-snr-db', -50, 200),
    )
    .option('--provider <list>', 'execution providers of the decoder, in order', providers, defaultProviders)
    .option('--seed <n>', 'seed of the noise', integer('--seed', 0, 2 ** 31 - 1), 7)
    .option(
      '--show-samples <list>',
      'samples to draw as heat maps; default one of median error and one of the worst 5 %',
      list('--show-samples'),
    )
    .option('--json <file>', 'write the result as JSON')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi link-run
  edge-csi link-run --reduction 12 --ues 64 --json run.json
  edge-csi link-run --report run.html
  edge-csi link-run --encoder micro
  edge-csi link-run --data my-paths.npz --uplink-snr-db 10`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  await requireWritable(options.json);
  await requirePageTargets(options);
  if (options.models !== undefined && options.reduction !== undefined) {
    throw new UsageError('--models and --reduction both choose models; give one of them');
  }
  const reductions = (options.reduction ?? ['4', '8', '12']).map(integer('--reduction', 1, 1024));
  const manifests = options.models
    ? await modelsById(options.models, options.zoo)
    : await modelsByReduction(reductions, options.zoo);
  let showSamples = options.showSamples?.map(integer('--show-samples', 0, 1e7));
  const start = describeStart();
  const runs: LinkRun[] = [];
  let examples: LinkExample[] = [];
  let provider = 'none';
  let samples = 0;
  for (const manifest of manifests) {
    const data = dataFor(manifest, options);
    const available = (await openData(data)).numSamples;
    if (options.samples !== undefined && options.samples > available) {
      throw new UsageError(`--samples is ${options.samples}, ${path.basename(options.data)} has ${available}`);
    }
    samples = options.samples ?? available;
    const beyond = showSamples?.find((sample) => sample >= samples);
    if (beyond !== undefined) {
      throw new UsageError(`--show-samples names ${beyond}, of ${samples} samples from 0 to ${samples - 1}`);
    }
    const progress = startProgress(manifest.id, samples);
    const result = await runLink({
      manifest,
      data,
      schedule: { numUes: Math.min(options.ues, samples), numSamples: samples, periodSlots: options.periodMs / slotMs },
      ueWorkers: options.ueWorkers,
      encoder: options.encoder,
      bs: {
        port: 0,
        adminPort: false,
        modelsDirectory: options.zoo,
        models: [manifest.id],
        reportPeriodSlots: options.periodMs / slotMs,
        deadlineMs: options.deadlineMs,
        // Samples of different slots are independent here: only the uplink of the same slot belongs to a report.
        freshnessWindowSlots: 0,
        uplinkWaitMs: options.deadlineMs / 4,
        // A figure stands for the configuration it is listed under.
        overloadControl: false,
        maxHoldMs: 0,
        executionProviders: options.provider,
      },
      seed: options.seed,
      uplinkSnrDb: options.uplinkSnrDb,
      showSamples,
      onProgress: progress.update,
    }).finally(progress.stop);
    provider = result.provider;
    runs.push(result.run);
    examples = mergeExamples(examples, result.examples);
    // The same samples of every model, so that they can be compared.
    if (examples.length > 0) showSamples ??= examples.map(({ sample }) => sample);
  }
  const report: LinkRunReport = {
    schema: 'edge-csi/link-run@1',
    seed: options.seed,
    data: path.basename(options.data),
    samples,
    periodMs: options.periodMs,
    uplinkSnrDb: options.uplinkSnrDb ?? null,
    encoder: options.encoder,
    command: commandLine(),
    ...start,
    environment: describeEnvironment(provider),
    runs,
    examples,
  };
  const { environment } = report;
  process.stdout.write(
    `${samples} samples of ${report.data}, ${Math.min(options.ues, samples)} UEs, a report each per ${options.periodMs} ms; ` +
      `decoder on ${provider}, Node ${environment.node}, ${environment.cores} cores\n\n${renderLinkRun(report)}\n`,
  );
  await writeJson(options.json, report);
  await writePage(linkRunPage(report), options);
}
