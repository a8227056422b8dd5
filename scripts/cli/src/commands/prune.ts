import { access } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { createDualnet } from '@edge-csi/csi/dualnet';
import { sampleData, sha256Of } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import {
  type ComparedModel,
  comparisonHeader,
  comparisonRow,
  measureModel,
  openPruner,
  type PruneSettings,
  readsUplink,
  type WeightWidth,
  weightWidths,
  writeModel,
} from '@edge-csi/model-tools';
import type { Manifest } from '@edge-csi/models';
import { loadModel } from '@edge-csi/models/disk';
import { renderTable } from '@edge-csi/report';
import { calibrationFile, readGivenCalibration, withCalibration } from '../options/calibration.ts';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, type DataReader, withData } from '../options/data.ts';
import { modelById, zooOption } from '../options/models.ts';
import { jsonOption, writeJson } from '../options/output.ts';
import { integer, listOf, oneOf, writableFolder } from '../options/parse.ts';
import { startProgress, withProgress } from '../progress.ts';
import { commandLine, describeEnvironment } from '../provenance.ts';

const counts = listOf(integer(1, 65_536));

function declare(program: CommandUnknownOpts) {
  return withCalibration(withData(sampleData)(program.command('prune')))
    .description(
      'Make smaller models of a model without training: fold its convolution, leave out codeword components or delays, ' +
        'factor or round the Dense layer; then compare.',
    )
    .requiredOption('--model <id>', 'model to start from')
    .requiredOption('--out <dir>', 'folder of models to write to, made where it does not exist', writableFolder)
    .option('--id <id>', 'id of the new model; default: from what is pruned')
    .option('--outputs <n,...>', 'codeword components to keep, those that are missed most', counts)
    .option('--delays <n,...>', 'delays that the encoder sees, the strongest', counts)
    .option('--rank <n,...>', 'rank of the Dense layer, as two factors; default: as it is', counts)
    .option(
      '--weights <bits,...>',
      `bits of a stored weight: ${weightWidths.join(', ')}; default 16`,
      listOf<WeightWidth>(oneOf(weightWidths)),
    )
    .option('--report-bits <n>', 'mean bits of a whole report; default: as many for phases as before', integer(1, 1e6))
    .option('--samples <n>', 'samples of --data to compare on, default all', integer(1, 1e7))
    .option(...zooOption())
    .option(...jsonOption)
    .addHelpText(
      'after',
      `
Lists make a model of every combination. A convolution is always folded into the Dense layer. Calibrate on many
environments: samples of a few teach a model these few. docs/pruning.md has the findings. Other commands take the
new models by --zoo.

Examples:
  edge-csi simulate --scenario cost2100-indoor --environments 400 --samples 8000 --out calibration.npz
  edge-csi prune --model dualnet-mag-m43 --calibration calibration.npz --delays 12 --weights 4 --out small
  edge-csi prune --model dualnet-mag-m128-full --calibration calibration.npz --out folded
  edge-csi prune --model dualnet-mag-m64 --calibration calibration.npz --outputs 43,56 --weights 8,4 --out small
  edge-csi link-run --zoo small --models dualnet-mag-m43-d12-w4
  edge-csi embed --zoo small --model dualnet-mag-m43-d12-w4 --out encoder`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `edge-csi prune`: smaller models from a model, in closed form. */
export const addPrune = (program: CommandUnknownOpts) => declare(program).action(run);

async function run(options: Options): Promise<void> {
  const source = await modelById(options.model, options.zoo);
  const tasks = tasksOf(options, source);
  for (const { id } of tasks) await requireFree(options.out, id);
  const data = await calibrationFile(options);
  if (data.sha256 === (await sha256Of(options.data))) {
    throw new UsageError('--calibration and --data are the same file: compare on samples that nothing was fitted on');
  }
  const reader = createDataReader(options);
  // What would fail after the work is done fails before.
  await reader.check([source], options.samples);
  const bundle = await loadModel(path.join(options.zoo, source.id), ['encoder', 'decoder', 'refiner']);
  const decoder = bundle.files.get('decoder') as Uint8Array;
  const { path: decoderName } = source.files.decoder;
  const calibration = await readGivenCalibration(
    options,
    source,
    createDualnet(bundle.codec).representation,
    readsUplink(decoder, decoderName) ? 'both' : 'downlink',
  );
  const pruner = await openPruner({ bundle, calibration, data });
  const pruning = startProgress('models', tasks.length);
  const made: Manifest[] = [];
  for (const { id, settings } of tasks) {
    const model = await pruner.prune({ id, settings, reportBits: options.reportBits });
    await writeModel(path.join(options.out, id), model);
    made.push(model.manifest);
    pruning.update(made.length);
  }
  pruning.stop();
  const compared = [await compare(source, options.zoo, options, reader)];
  for (const manifest of made) compared.push(await compare(manifest, options.out, options, reader));
  process.stdout.write(`${renderTable(comparisonHeader, compared.map(comparisonRow))}\n`);
  process.stdout.write(`\n${made.map(({ id }) => path.join(options.out, id)).join('\n')}\n`);
  await writeJson(options.json, {
    schema: 'edge-csi/prune@1',
    command: commandLine(),
    data: path.basename(options.data),
    calibration: { data: data.name, dataSha256: data.sha256, samples: calibration.numSamples },
    environment: describeEnvironment('cpu'),
    source: compared[0],
    models: compared.slice(1),
  });
}

async function compare(manifest: Manifest, zoo: string, options: Options, reader: DataReader): Promise<ComparedModel> {
  const { samples } = options;
  const source = await reader.open(manifest);
  return withProgress(manifest.id, samples ?? 0, (onProgress) =>
    measureModel({ manifest, zoo, source, samples, onProgress }),
  );
}

/** Every combination of what is asked for, each with the id of its model. */
function tasksOf(options: Options, source: Manifest): { readonly id: string; readonly settings: PruneSettings }[] {
  const { outputs, delays, rank, weights } = options;
  if (source.pruned && !outputs && !delays && !rank && !weights) {
    throw new UsageError(`${source.id} has no convolution to fold: give --outputs, --delays, --rank or --weights`);
  }
  for (const [option, values] of Object.entries({
    '--outputs': outputs,
    '--delays': delays,
    '--rank': rank,
    '--weights': weights,
  })) {
    requireDistinct(option, values);
  }
  const { length } = source.codeword;
  requireAtMost('--outputs', outputs, length, `${source.id} has ${length} codeword components`);
  requireAtMost('--delays', delays, source.csi.numDelays, `${source.id} has ${source.csi.numDelays} delays`);
  const shortest = Math.min(length, ...(outputs ?? []));
  requireAtMost('--rank', rank, shortest - 1, `a rank is below the codeword length, ${shortest}`);
  const all = <T>(values: readonly T[] | undefined) => values ?? [undefined];
  const settings = all(outputs).flatMap((o) =>
    all(delays).flatMap((d) =>
      all(rank).flatMap((r) => (weights ?? [16]).map((w) => ({ outputs: o, delays: d, rank: r, weightBits: w }))),
    ),
  );
  requireEvenColumns(source, settings);
  if (options.id === undefined) return settings.map((one) => ({ id: idOf(source, one, weights), settings: one }));
  if (settings.length > 1) throw new UsageError(`--id names one model, and ${settings.length} are asked for`);
  if (!/^[a-z0-9][a-z0-9.-]{0,63}$/.test(options.id)) {
    throw new UsageError(`--id is '${options.id}', give lower-case letters, digits, dots and hyphens, at most 64`);
  }
  return settings.map((one) => ({ id: options.id as string, settings: one }));
}

function requireDistinct(option: string, values: readonly number[] = []): void {
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new UsageError(`${option} names ${twice} twice, and each makes a model of that name`);
}

function requireAtMost(option: string, values: number[] | undefined, most: number, why: string): void {
  const over = values?.find((value) => value > most);
  if (over !== undefined) throw new UsageError(`${option} is ${over}, and ${why}`);
}

/** At 4 bits, two weights share a byte. */
function requireEvenColumns({ csi }: Manifest, all: readonly PruneSettings[]): void {
  for (const { delays = csi.numDelays, rank = 0, weightBits } of all) {
    if (weightBits !== 4) continue;
    if (rank % 2 !== 0) throw new UsageError(`--rank is ${rank}, and 4 bits a weight take an even rank`);
    if ((csi.numAntennas * delays) % 2 === 0) continue;
    throw new UsageError(
      `--delays is ${delays}, and 4 bits a weight take an even number of ${csi.numAntennas} antennas' delays`,
    );
  }
}

function idOf(source: Manifest, settings: PruneSettings, weights: readonly number[] | undefined): string {
  const { outputs, delays, rank, weightBits } = settings;
  return [
    source.id,
    ...(source.pruned ? [] : ['folded']),
    ...(outputs === undefined ? [] : [`o${outputs}`]),
    ...(delays === undefined ? [] : [`d${delays}`]),
    ...(rank === undefined ? [] : [`r${rank}`]),
    ...(weights === undefined ? [] : [`w${weightBits}`]),
  ].join('-');
}

async function requireFree(zoo: string, id: string): Promise<void> {
  const folder = path.join(zoo, id);
  const exists = await access(folder).then(
    () => true,
    () => false,
  );
  if (exists) throw new UsageError(`${folder} exists: remove it, or name another --id or --out`);
}
