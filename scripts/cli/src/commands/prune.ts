import { access } from 'node:fs/promises';
import path from 'node:path';
import { dataFor, openData, sampleData, sha256Of } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import {
  type ComparedModel,
  comparisonHeader,
  comparisonRow,
  measureModel,
  openPruner,
  type PruneSettings,
  readCalibration,
  readsUplink,
  type WeightWidth,
  weightWidths,
  writeModel,
} from '@edge-csi/model-tools';
import type { Manifest } from '@edge-csi/models';
import { loadModel, zooDirectory } from '@edge-csi/models/disk';
import { renderTable } from '@edge-csi/report';
import { Command } from 'commander';
import { commandLine } from '../command-line.ts';
import { addDataOptions } from '../data-options.ts';
import { describeEnvironment } from '../environment.ts';
import { requireWritable, requireWritableFolder, writeJson } from '../json-file.ts';
import { modelsById } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { integer, integers } from '../usage.ts';

interface Options {
  readonly model: string;
  readonly calibration: string;
  readonly calibrationUplink?: string;
  readonly calibrationSamples: number;
  readonly out: string;
  readonly id?: string;
  readonly outputs?: number[];
  readonly delays?: number[];
  readonly rank?: number[];
  readonly weights?: number[];
  readonly reportBits?: number;
  readonly data: string;
  readonly uplink?: string;
  readonly samples?: number;
  readonly zoo: string;
  readonly json?: string;
}

/** `edge-csi prune`: smaller models from a model, in closed form. */
export function pruneCommand(): Command {
  const counts = (option: string) => integers(option, 1, 65_536);
  return addDataOptions(new Command('prune'), sampleData)
    .description(
      'Make smaller models of a model without training: fold its convolution, leave out codeword components or delays, ' +
        'factor or round the Dense layer; then compare.',
    )
    .requiredOption('--model <id>', 'model to start from')
    .requiredOption('--calibration <file>', 'samples to fit on, none of which is in --data; formats as of --data')
    .option('--calibration-uplink <file>', 'uplink CSI, where --calibration has the downlink only')
    .option(
      '--calibration-samples <n>',
      'at most, spread over the file',
      integer('--calibration-samples', 16, 1e6),
      8192,
    )
    .requiredOption('--out <dir>', 'folder of models to write to, made where it does not exist')
    .option('--id <id>', 'id of the new model; default: from what is pruned')
    .option('--outputs <n,...>', 'codeword components to keep, those that are missed most', counts('--outputs'))
    .option('--delays <n,...>', 'delays that the encoder sees, the strongest', counts('--delays'))
    .option('--rank <n,...>', 'rank of the Dense layer, as two factors; default: as it is', counts('--rank'))
    .option(
      '--weights <bits,...>',
      `bits of a stored weight: ${weightWidths.join(', ')}; default 16`,
      counts('--weights'),
    )
    .option(
      '--report-bits <n>',
      'mean bits of a whole report; default: as many for phases as before',
      integer('--report-bits', 1, 1e6),
    )
    .option('--samples <n>', 'samples of --data to compare on, default all', integer('--samples', 1, 1e7))
    .option('--zoo <dir>', 'folder of the model to start from', zooDirectory())
    .option('--json <file>', 'write the comparison as JSON')
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
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  await requireWritable(options.json);
  await requireWritableFolder(options.out, '--out');
  const [source] = (await modelsById([options.model], options.zoo)) as [Manifest];
  const tasks = tasksOf(options, source);
  for (const { id } of tasks) await requireFree(options.out, id);
  const calibrationHash = await sha256Of(options.calibration);
  if (calibrationHash === (await sha256Of(options.data))) {
    throw new UsageError('--calibration and --data are the same file: compare on samples that nothing was fitted on');
  }
  const bundle = await loadModel(path.join(options.zoo, source.id), ['encoder', 'decoder', 'refiner']);
  const { calibrationUplink: uplink, calibrationSamples: limit } = options;
  const fitting = dataFor(source, { data: options.calibration, ...(uplink === undefined ? {} : { uplink }) });
  const reading = startProgress('calibration', limit);
  const { decoder } = source.files;
  const bands = readsUplink(bundle.files.get('decoder') as Uint8Array, decoder.path) ? 'both' : 'downlink';
  const calibration = readCalibration(await openData(fitting), bundle.representation, {
    ...{ limit, bands, onProgress: reading.update },
  });
  reading.stop();
  const data = { name: path.basename(options.calibration), sha256: calibrationHash };
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
  const compared = [await compare(source, options.zoo, options)];
  for (const manifest of made) compared.push(await compare(manifest, options.out, options));
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

async function compare(manifest: Manifest, zoo: string, options: Options): Promise<ComparedModel> {
  const progress = startProgress(manifest.id, options.samples ?? 0);
  const measurement = { manifest, zoo, data: dataFor(manifest, options), samples: options.samples };
  return measureModel({ ...measurement, onProgress: progress.update }).finally(progress.stop);
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
  const all = (values: number[] | undefined) => values ?? [undefined];
  const settings = all(outputs).flatMap((o) =>
    all(delays).flatMap((d) =>
      all(rank).flatMap((r) =>
        (weights ?? [16]).map((w) => ({ outputs: o, delays: d, rank: r, weightBits: weightWidth(w) })),
      ),
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

function weightWidth(bits: number): WeightWidth {
  const found = weightWidths.find((width) => width === bits);
  if (found === undefined) throw new UsageError(`--weights is ${bits}, give ${weightWidths.join(', ')}`);
  return found;
}

function idOf(source: Manifest, settings: PruneSettings, weights: number[] | undefined): string {
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
