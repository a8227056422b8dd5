import { existsSync } from 'node:fs';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import type { AngularDelayCsi, ArrayResponse, PathCodecSpec } from '@edge-csi/csi';
import { estimateArrayResponse, stillSpecOf } from '@edge-csi/csi/paths';
import { measureScheme, pathSchemes } from '@edge-csi/lab';
import { sha256Of, spreadIndices, usableSample } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { createPathManifest, isPathModel, type PathManifest, pathsSpecOf } from '@edge-csi/models';
import { readReportManifest } from '@edge-csi/models/disk';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, withData } from '../options/data.ts';
import { reportModelsById, zooOption } from '../options/models.ts';
import { jsonOption, writeJson } from '../options/output.ts';
import { integer, newModelFolder } from '../options/parse.ts';
import { writePathModel } from '../options/path-model.ts';
import { withProgress } from '../progress.ts';
import { commandLine } from '../provenance.ts';

/** Reports that the estimate is judged by are at most so long. */
const judgedBits = 200;

function declare(models: CommandUnknownOpts) {
  return withData()(models.command('response'))
    .description('estimate the response of the array, one complex gain an antenna, and write a model that knows it')
    .requiredOption('--model <id>', 'model of path reports to begin with: an id of --zoo, or its folder')
    .requiredOption('--out <dir>', 'folder of the new model, made where it is not there', newModelFolder)
    .option('--id <id>', 'id of the new model; default the name of the folder')
    .option('--samples <n>', 'samples to estimate from; as many others to judge it by', integer(2, 1e5), 200)
    .option(...zooOption())
    .option(...jsonOption)
    .addHelpText(
      'after',
      `
What every report of an array leaves over alike is the array's: --data has to hold channels of the array in question, from many
places. UE and BS both need the new model.

Examples:
  edge-csi models response --data measured.npz --model paths-indoor --out my-zoo/paths-site
  edge-csi models response --data train.npz --antenna-errors 3,0.3 --model paths-indoor --out my-zoo/paths-calibrated`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `models response`: a path model with the response of its array. */
export const addResponse = (models: CommandUnknownOpts) => declare(models).action(run);

async function run(options: Options): Promise<void> {
  const { data, out, samples: limit, json } = options;
  const model = await modelOf(options);
  const source = await createDataReader(options).open(model);
  const indices = spreadIndices(source, 2 * limit);
  // The file's first part and its last: neighbours may share what they are of.
  const half = Math.floor(indices.length / 2);
  if (half < 2)
    throw new UsageError(`--data has ${source.numSamples} samples; give at least 4, half of them to judge by`);
  const channels = indices.map((index) => usableSample(source, 'downlink', index));
  const [fitted, others] = [channels.slice(0, half), channels.slice(half)];
  const own = pathsSpecOf(model).codec;
  const spec = stillSpecOf(own);
  const response = rounded(await withProgress('response', 1, async () => estimateArrayResponse(spec, fitted)));
  const manifest = createPathManifest({
    ...{ id: options.id ?? path.basename(path.resolve(out)), csi: model.csi, rate: model.rate, response },
    ...{ array: spec.antennas, tables: spec.tables, maxPaths: spec.maxPaths },
    ...(own.doppler !== false && { measurements: own.doppler.measurements }),
    training: {
      ...model.training,
      response: { data: path.basename(data), dataSha256: await sha256Of(data), samples: fitted.length },
    },
  });
  const nmseDb = {
    before: await judge(spec, others),
    after: await judge(pathsSpecOf(manifest).codec, others),
  };
  await writePathModel(out, manifest);
  const errors = errorsOf(response);
  process.stdout.write(
    `${manifest.id}: response of ${fitted.length} samples, ${errors.phaseRmsDeg.toFixed(1)} degrees and ` +
      `${errors.gainRmsDb.toFixed(2)} dB rms, in ${out}\n` +
      `reports of at most ${judgedBits} bits on ${others.length} other samples: ${nmseDb.before.toFixed(2)} dB without it, ` +
      `${nmseDb.after.toFixed(2)} dB with it\n`,
  );
  await writeJson(json, {
    schema: 'edge-csi/response@1',
    model: manifest.id,
    from: model.id,
    data: path.basename(data),
    samples: { fitted: fitted.length, judged: others.length },
    ...errors,
    bits: judgedBits,
    nmseDb,
    command: commandLine(),
  });
}

/** The model of a folder, or of that id in a zoo. */
async function modelOf({ model, zoo }: Options): Promise<PathManifest> {
  const isFolder = existsSync(path.join(model, 'manifest.json'));
  const [manifest] = isFolder ? [await readReportManifest(model)] : await reportModelsById([model], zoo);
  if (manifest !== undefined && isPathModel(manifest)) return manifest;
  throw new UsageError(`--model is ${model}, which has networks: only path reports divide a response out`);
}

/** NMSE of reports of at most `judgedBits`, dB. */
async function judge(spec: PathCodecSpec, channels: readonly AngularDelayCsi[]): Promise<number> {
  const [, capped] = pathSchemes(spec);
  const samples = channels.map((downlink) => ({ downlink }));
  // Of a report's figures NMSE alone is of interest.
  const { nmseDb = Number.NaN } = await measureScheme(capped, samples, { maxBits: judgedBits }, {}, () => false);
  return nmseDb;
}

/** To six digits, as manifests are read by people too. */
function rounded({ re, im }: ArrayResponse): ArrayResponse {
  const round = (value: number) => Number(value.toFixed(6));
  return { re: re.map(round), im: im.map(round) };
}

/** How far antennas are from their mean, rms. */
function errorsOf({ re, im }: ArrayResponse): { phaseRmsDeg: number; gainRmsDb: number } {
  const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
  const phases = re.map((x, antenna) => (Math.atan2(im[antenna] as number, x) * 180) / Math.PI);
  const gains = re.map((x, antenna) => 20 * Math.log10(Math.hypot(x, im[antenna] as number)));
  return { phaseRmsDeg: rms(phases), gainRmsDb: rms(gains) };
}
