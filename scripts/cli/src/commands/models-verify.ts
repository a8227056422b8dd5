import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { openOrtProbe } from '@edge-csi/bs-server/decode';
import { CsiError } from '@edge-csi/csi';
import { hasFiguresOn, measureAccuracy, measureUplinkOnly, recordedAccuracy } from '@edge-csi/lab';
import { flagsFor } from '@edge-csi/lab/data';
import {
  type AnyManifest,
  isPathModel,
  isUplinkOnly,
  type ReportManifest,
  toHex,
  type UplinkOnlyManifest,
} from '@edge-csi/models';
import { loadReportModel, loadUplinkOnlyModel } from '@edge-csi/models/disk';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, type DataReader, withVariables } from '../options/data.ts';
import { anyModels, zooOption } from '../options/models.ts';
import { jsonOption, writeJson } from '../options/output.ts';
import { withProgress } from '../progress.ts';
import { commandLine } from '../provenance.ts';

/** What was found of one model. */
interface Verified {
  readonly model: string;
  /** Pairing hash; absent of an uplink-only model, which is paired with nothing. */
  readonly sha256?: string;
  /** Measured again on the data; absent where the manifest has no figures on it. */
  readonly figures?: Readonly<Record<string, number>>;
  /** What is wrong; nothing after this model was looked at. */
  readonly problem?: string;
}

function declare(models: CommandUnknownOpts) {
  return withVariables(models.command('verify'))
    .description('check every file against its hash; with --data, re-measure the figures in the manifest')
    .argument('[ids...]', 'default: all')
    .option(...zooOption())
    .option('--data <file>', 'data the manifest has figures for, e.g. the sample that ships with edge-csi')
    .option(...jsonOption);
}

type Options = OptionsOf<typeof declare>;

/** `models verify`: whether files are what their manifests say, and models as good. */
export const addVerify = (parent: CommandUnknownOpts) => declare(parent).action(verify);

async function verify(ids: string[], options: Options): Promise<void> {
  const data = options.data && path.basename(options.data);
  const models: Verified[] = [];
  const write = () => writeJson(options.json, { schema: 'edge-csi/verify@1', command: commandLine(), data, models });
  for (const manifest of await anyModels(ids, options.zoo)) {
    try {
      models.push(await verifyModel(manifest, options, ids.length > 0));
    } catch (error) {
      models.push({ model: manifest.id, problem: (error as Error).message });
      await write();
      throw error;
    }
  }
  await write();
}

async function verifyModel(manifest: AnyManifest, options: Options, isNamed: boolean): Promise<Verified> {
  const { zoo, data } = options;
  const verified = await verifyFiles(manifest, zoo);
  if (data === undefined) return verified;
  // A zoo holds models of several links, and a data file is of one; a model that is named is asked about all the same.
  if (!isNamed && !(await hasFiguresOn(manifest, data))) {
    process.stdout.write(`  no figures on ${path.basename(data)}\n`);
    return verified;
  }
  const reader = createDataReader(flagsFor(data, options));
  const figures = isUplinkOnly(manifest)
    ? await verifyUplinkOnly(manifest, zoo, data, reader.open)
    : await verifyFigures(manifest, zoo, data, reader.open);
  return { ...verified, figures };
}

async function verifyFiles(manifest: AnyManifest, zoo: string): Promise<Verified> {
  const { id } = manifest;
  const directory = path.join(zoo, id);
  if (isUplinkOnly(manifest)) {
    await loadUplinkOnlyModel(directory);
    process.stdout.write(`${id} ok, uplink only\n`);
    return { model: id };
  }
  const bundle = await loadReportModel(directory, ['encoder', 'decoder', 'refiner']);
  for (const [name, onnx] of bundle.files) {
    if (name !== 'allocation') await (await openOrtProbe(onnx, `${id}/${bundle.manifest.files[name]?.path}`)).release();
  }
  const sha256 = toHex(bundle.sha256);
  process.stdout.write(`${id} ok, pairing hash ${sha256}\n`);
  return { model: id, sha256 };
}

const pathFigures = ['nmseDb', 'magnitudeNmseDb'] as const;
const reportFigures = [...pathFigures, 'floatMagnitudeNmseDb'] as const;

async function verifyFigures(manifest: ReportManifest, zoo: string, dataPath: string, open: DataReader['open']) {
  const recorded = await recordedAccuracy(manifest, dataPath);
  const source = await open(manifest);
  const { samples } = recorded;
  const run = await withProgress(manifest.id, samples, (onProgress) =>
    measureAccuracy({ manifest, zoo, source, samples, onProgress }),
  );
  const names = isPathModel(manifest) ? pathFigures : reportFigures;
  const figures = sameFigures({ model: manifest.id, dataPath }, names, run, recorded);
  process.stdout.write(`  NMSE ${run.nmseDb.toFixed(2)} dB at ${run.payloadBits.mean.toFixed(0)} bits, as recorded\n`);
  return figures;
}

const uplinkOnlyFigures = ['magnitudeNmseDb', 'floatMagnitudeNmseDb'] as const;

async function verifyUplinkOnly(manifest: UplinkOnlyManifest, zoo: string, dataPath: string, open: DataReader['open']) {
  const recorded = await recordedAccuracy(manifest, dataPath);
  const source = await open(manifest);
  const { samples } = recorded;
  const run = await withProgress(manifest.id, samples, (onProgress) =>
    measureUplinkOnly({ manifest, zoo, source, samples, onProgress }),
  );
  const figures = sameFigures({ model: manifest.id, dataPath }, uplinkOnlyFigures, run, recorded);
  process.stdout.write(`  |H| NMSE ${run.magnitudeNmseDb.toFixed(2)} dB at 0 bits, as recorded\n`);
  return figures;
}

/** Largest difference between a manifest's figure and a new measurement on the same data. */
const toleranceDb = 0.05;

/** @returns what was measured. @throws CsiError `model-invalid` where a figure was not reached again. */
function sameFigures<Name extends string>(
  { model, dataPath }: { readonly model: string; readonly dataPath: string },
  names: readonly Name[],
  measured: Readonly<Partial<Record<Name, number>>>,
  recorded: Readonly<Partial<Record<Name, number>>>,
): Record<string, number> {
  const figures: Record<string, number> = {};
  for (const name of names) {
    const [now, then] = [measured[name], recorded[name]];
    if (now === undefined && then === undefined) continue;
    if (now === undefined || then === undefined || !(Math.abs(now - then) <= toleranceDb)) {
      throw new CsiError(
        'model-invalid',
        `${model}: ${name} is ${now?.toFixed(3)} on ${path.basename(dataPath)}, the manifest says ` +
          `${then?.toFixed(3)}; more than ${toleranceDb} dB apart`,
      );
    }
    figures[name] = now;
  }
  return figures;
}
