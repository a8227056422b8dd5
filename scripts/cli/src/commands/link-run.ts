import { availableParallelism } from 'node:os';
import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { dataFor, sampleData } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { isPathModel, type Manifest, type ReportManifest, type ReportNetworks } from '@edge-csi/models';
import { mergeExamples } from '../link-run/example.ts';
import { runLink } from '../link-run/link-run.ts';
import { linkRunPage, renderLinkRun } from '../link-run/page.ts';
import { type LinkExample, type LinkRun, type LinkRunReport, labelOf } from '../link-run/result.ts';
import { slotMs } from '../link-run/schedule.ts';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, type DataReader, withData } from '../options/data.ts';
import { encoderOption, providersOption } from '../options/ends.ts';
import {
  describeSkipped,
  type FittingModels,
  fittingModels,
  fittingNetworks,
  type SkippedModel,
} from '../options/fitting-models.ts';
import { mainReductions, modelsByReduction, prunedModels, reportModelsById, zooOption } from '../options/models.ts';
import { jsonOption, withPage, writeJson, writePage } from '../options/output.ts';
import { finite, integer, list, listOf, seedOption } from '../options/parse.ts';
import { bitPriceKnob, bitPriceOption, maxBits, pathModelFor, pathModelsLike } from '../options/path-model.ts';
import { withProgress } from '../progress.ts';
import { commandLine, describeEnvironment, describeStart } from '../provenance.ts';

const families = ['dualnet', 'paths'] as const;
const defaultBudgets = [100, 200, 400];

function declare(program: CommandUnknownOpts) {
  return withPage(withData(sampleData)(program.command('link-run')))
    .description(
      'Simulated UEs, a PHY feed and a BS server over real sockets on this machine; one row a model and budget of bits.',
    )
    .option('--models <ids>', 'models to run, instead of the pruned one of each reduction and path reports', list)
    .option('--reduction <list>', `reductions to run, default ${mainReductions.join()}`, listOf(integer(1, 1024)))
    .addOption(
      new Option(
        '--family <name>',
        'networks alone; or path reports alone, of a model that is made for --data, of whatever array',
      ).choices(families),
    )
    .option(
      '--max-bits <list>',
      `most bits of a path report, a run each; default ${defaultBudgets.join()}`,
      listOf(maxBits),
    )
    .option(...bitPriceOption)
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
  edge-csi link-run --data their.npz --family paths
  edge-csi link-run --family paths --max-bits 60,80,120
  edge-csi link-run --report run.html
  edge-csi link-run --encoder micro
  edge-csi link-run --data my-paths.npz --uplink-snr-db 10`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `edge-csi link-run`: the main job. */
export const addLinkRun = (program: CommandUnknownOpts) => declare(program).action(run);

async function run(options: Options): Promise<void> {
  if (options.models !== undefined && options.reduction !== undefined) {
    throw new UsageError('--models and --reduction both choose models; give one of them');
  }
  if (options.family !== undefined && (options.models !== undefined || options.reduction !== undefined)) {
    throw new UsageError('--family chooses models, and so do --models and --reduction; give one of them');
  }
  const reader = createDataReader(options);
  const { chosen, skipped, misfit } =
    options.family === 'paths' ? { chosen: [], skipped: [] } : await chooseModels(options, reader);
  if (misfit !== undefined && options.family === 'dualnet') throw misfit;
  if (chosen.length === 0 && options.family === 'dualnet') {
    throw new UsageError(
      `--family is dualnet, and no network of ${options.zoo} is for this data; name some with --models`,
    );
  }
  // Path reports fit any array.
  const made = chosen.length === 0 ? await pathModelFor(options) : undefined;
  try {
    await runModels(made === undefined ? chosen : [made.manifest], skipped, made?.zoo ?? options.zoo, options, reader);
  } finally {
    await made?.remove();
  }
}

/** Models of the zoo: those named, else, of those that the data fit, the pruned one of each reduction and what reports paths of the same link. */
async function chooseModels(
  { models, reduction, family, zoo }: Options,
  reader: DataReader,
): Promise<FittingModels<ReportManifest>> {
  if (models !== undefined) return { chosen: await reportModelsById(models, zoo), skipped: [] };
  if (reduction !== undefined) return { chosen: await modelsByReduction(reduction, zoo), skipped: [] };
  const pruned = (await prunedModels(zoo)).filter((manifest) => mainReductions.includes(manifest.reduction));
  const found = await fittingModels<ReportNetworks>(pruned, reader);
  const main = mainReductions.flatMap((wanted) => found.chosen.find((manifest) => manifest.reduction === wanted) ?? []);
  const missed = found.skipped.filter(({ model }) => {
    const { reduction: own } = pruned.find(({ id }) => id === model) as Manifest;
    return main.every((manifest) => manifest.reduction !== own);
  });
  // A zoo may hold others alone.
  const networks = main.length > 0 ? { chosen: main, skipped: missed } : await fittingNetworks(zoo, reader);
  const [first] = networks.chosen;
  const paths = family === 'dualnet' || first === undefined ? [] : await pathModelsLike(first, zoo);
  return { ...networks, chosen: [...networks.chosen, ...paths] };
}

/** Runs every model, one of path reports at every budget, and tells of them. */
async function runModels(
  models: readonly ReportManifest[],
  skipped: readonly SkippedModel[],
  zoo: string,
  options: Options,
  reader: DataReader,
): Promise<void> {
  const priceKnob = bitPriceKnob(options.bitPriceDb) ?? 0;
  // With a price the cap is what no report ever needs.
  const budgets = options.maxBits ?? (priceKnob > 0 ? [2000] : defaultBudgets);
  const cases = models.flatMap((manifest): { manifest: ReportManifest; budgetBits: number | undefined }[] =>
    isPathModel(manifest)
      ? budgets.map((budgetBits) => ({ manifest, budgetBits }))
      : [{ manifest, budgetBits: undefined }],
  );
  let { showSamples } = options;
  const start = describeStart();
  const runs: LinkRun[] = [];
  let examples: LinkExample[] = [];
  let provider = 'none';
  let samples = 0;
  for (const { manifest } of cases) {
    const source = await reader.open(manifest);
    const available = source.numSamples;
    if (options.samples !== undefined && options.samples > available) {
      throw new UsageError(`--samples is ${options.samples}, ${path.basename(options.data)} has ${available}`);
    }
    samples = options.samples ?? available;
    const beyond = showSamples?.find((sample) => sample >= samples);
    if (beyond !== undefined) {
      throw new UsageError(`--show-samples names ${beyond}, of ${samples} samples from 0 to ${samples - 1}`);
    }
  }
  await reader.check(models, samples);
  for (const { manifest, budgetBits } of cases) {
    const data = dataFor(manifest, options);
    const periodSlots = options.periodMs / slotMs;
    const label = labelOf({ model: manifest.id, budgetBits });
    const result = await withProgress(label, samples, (onProgress) =>
      runLink({
        manifest,
        budgetBits,
        data,
        schedule: { numUes: Math.min(options.ues, samples), numSamples: samples, periodSlots },
        ueWorkers: options.ueWorkers,
        encoder: options.encoder,
        bs: {
          port: 0,
          adminPort: false,
          modelsDirectory: zoo,
          models: [manifest.id],
          reportPeriodSlots: periodSlots,
          ...(budgetBits !== undefined && { maxPayloadBits: budgetBits, bitPriceTenthDb: priceKnob }),
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
    ...(skipped.length > 0 && { skipped }),
    examples,
  };
  const { environment } = report;
  process.stdout.write(
    `${samples} samples of ${report.data}, ${Math.min(options.ues, samples)} UEs, a report each per ${options.periodMs} ms; ` +
      `decoder on ${provider}, Node ${environment.node}, ${environment.cores} cores\n\n${renderLinkRun(report)}\n${describeSkipped(skipped)}`.trimEnd() +
      '\n',
  );
  await writeJson(options.json, report);
  await writePage(linkRunPage(report), options);
}
