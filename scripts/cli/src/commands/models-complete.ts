import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError, createRepresentation } from '@edge-csi/csi';
import { dataFor, openData, sha256Of } from '@edge-csi/lab/data';
import { completeModel, readCalibration, readsUplink, writeModel } from '@edge-csi/model-tools';
import { parseDraft } from '@edge-csi/models/disk';
import type { Command } from 'commander';
import { startProgress } from '../progress.ts';
import { integer } from '../usage.ts';

interface Options {
  readonly calibration: string;
  readonly calibrationUplink?: string;
  readonly calibrationSamples: number;
}

/** Adds `complete`: a pair of networks and a draft become a model. */
export function addCompleteCommand(models: Command): void {
  models
    .command('complete')
    .description('make a model of your own networks and a draft manifest (docs/bring-your-own-model.md)')
    .argument('<folder>', 'folder that holds manifest.json, a draft, and the networks it names')
    .requiredOption('--calibration <file>', 'samples to fit quantiser and phase allocation on; formats as of --data')
    .option('--calibration-uplink <file>', 'uplink CSI, where the decoder reads it and --calibration does not hold it')
    .option(
      '--calibration-samples <n>',
      'at most, spread over the file',
      integer('--calibration-samples', 16, 1e6),
      8192,
    )
    .action(complete);
}

async function complete(folder: string, options: Options): Promise<void> {
  const draft = parseDraft(await readDraft(path.join(folder, 'manifest.json')));
  const files = new Map<string, Uint8Array>();
  const { encoder, decoder, refiner } = draft.files;
  for (const name of refiner === undefined ? [encoder, decoder] : [encoder, decoder, refiner]) {
    files.set(name, await readNetwork(path.join(folder, name)));
  }
  const { csi, normalization, planes = 'magnitude' } = draft;
  const { numAntennas, numDelays } = csi;
  const representation = createRepresentation({ numAntennas, numDelays, planes, normalization });
  const { calibrationUplink: uplink, calibrationSamples: limit } = options;
  const data = dataFor({ csi }, { data: options.calibration, ...(uplink === undefined ? {} : { uplink }) });
  const bands = readsUplink(files.get(decoder) as Uint8Array, decoder) ? 'both' : 'downlink';
  const progress = startProgress('calibration', limit);
  const source = await openData(data);
  const calibration = readCalibration(source, representation, { limit, bands, onProgress: progress.update });
  progress.stop();
  const read = { name: path.basename(options.calibration), sha256: await sha256Of(options.calibration) };
  const model = await completeModel({ draft, files, calibration, data: read });
  await writeModel(folder, model);
  const { codeword, phase } = model.manifest;
  const bits = codeword.bits.reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `${draft.id}: ${codeword.length} components of ${bits} bits, theta ${phase.theta}; the draft is a manifest now\n`,
  );
}

async function readDraft(file: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(file, 'utf8'));
  } catch (cause) {
    throw new CsiError('model-invalid', `${file}: not a readable JSON draft`, { cause });
  }
}

async function readNetwork(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (cause) {
    throw new CsiError('model-invalid', `${file}: cannot be read`, { cause });
  }
}
