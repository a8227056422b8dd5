import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { dataFor, openData, sampleData } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { mergeExamples } from '../link-run/example.ts';
import { runLink } from '../link-run/link-run.ts';
import { linkRunPage, renderLinkRun } from '../link-run/page.ts';
import type { LinkExample, LinkRun, LinkRunReport } from '../link-run/result.ts';
import { slotMs } from '../link-run/schedule.ts';
import type { OptionsOf } from '../options/command.ts';
import { withData } from '../options/data.ts';
import { encoderOption, providersOption } from '../options/ends.ts';
import { mainReductions, modelsById, modelsByReduction, zooOption } from '../options/models.ts';
import { jsonOption, withPage, writeJson, writePage } from '../options/output.ts';
import { finite, integer, list, listOf, seedOption } from '../options/parse.ts';
import { withProgress } from '../progress.ts';
import { commandLine, describeEnvironment, describeStart } from '../provenance.ts';

function declare(program: CommandUnknownOpts) {
  return withPage(withData(sampleData)(program.command('link-run')))
    .description('Simulated UEs, a PHY feed and a BS server over real sockets on this machine; one row per reduction.')
    .option('--models <ids>', 'models to run, instead of the pruned one of each reduction', list)
    .option('--reduction <list>', `reductions to run, default ${mainReductions.join()}`, listOf(integer(1, 1024)))
    .option(...zooOption())
    .option('--samples <n>', 'samples to run, default all', integer(1, 1e7))
    .option('--ues <n>', 'simulated UEs', integer(1, 4096), 16)
    .option('--ue-workers <n>', 'threads the UEs run on', integer(1, 64), Math.min(2, availableParallelism()))
    .addOption(encoderOption)
    .option('--period-ms <ms>', 'time between two reports of one UE', integer(1, 320), 80)
    .option('--deadline-ms <ms>', 'age at which the BS drops a report', finite(1, 1e5), 200)
    .option('--uplink-snr-db <dB>', 'estimation noise on the uplink CSI the BS gets', finite(-50, 200))
    .option(...providersOption)
    .option(...seedOption)
    .option(
      '--show-samples <list>',
      'samples to draw as heat maps; default one of median error and one of the worst 5 %',
      listOf(integer(0, 1e7)),
    )
    .option(...jsonOption)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi link-run
  edge-csi link-run --reduction 12 --ues 64 --json run.json
  edge-csi link-run --report run.html
  edge-csi link-run --encoder micro
  edge-csi link-run --data my-paths.npz --uplink-snr-db 10`,
    );
}

/** `edge-csi link-run`: the main job. */
export const addLinkRun = (program: CommandUnknownOpts) => declare(program).action(run);

async function run(options: OptionsOf<typeof declare>): Promise<void> {
  if (options.models !== undefined && options.reduction !== undefined) {
    throw new UsageError('--models and --reduction both choose models; give one of them');
  }
  const { reduction = mainReductions } = options;
  const manifests = await modelsById(options.models, options.zoo, (zoo) => modelsByReduction(reduction, zoo));
  let { showSamples } = options;
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
    const periodSlots = options.periodMs / slotMs;
    const result = await withProgress(manifest.id, samples, (onProgress) =>
      runLink({
        manifest,
        data,
        schedule: { numUes: Math.min(options.ues, samples), numSamples: samples, periodSlots },
        ueWorkers: options.ueWorkers,
        encoder: options.encoder,
        bs: {
          port: 0,
          adminPort: false,
          modelsDirectory: options.zoo,
          models: [manifest.id],
          reportPeriodSlots: periodSlots,
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
        onProgress,
      }),
    );
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
