import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CsiError, createRepresentation } from '@edge-csi/csi';
import { completeModel, writeModel } from '@edge-csi/model-tools';
import { requireWhole } from '@edge-csi/models';
import { parseDraft } from '@edge-csi/models/disk';
import { calibrationFile, readGivenCalibration, withCalibration } from '../options/calibration.ts';
import type { OptionsOf } from '../options/command.ts';
import { withVariables } from '../options/data.ts';

function declare(models: CommandUnknownOpts) {
  return withVariables(withCalibration(models.command('complete')))
    .description('make a model of your own networks and a draft manifest (docs/bring-your-own-model.md)')
    .argument('<folder>', 'folder that holds manifest.json, a draft, and the networks it names');
}

/** `models complete`: a pair of networks and a draft become a model. */
export const addComplete = (models: CommandUnknownOpts) => declare(models).action(complete);

async function complete(folder: string, options: OptionsOf<typeof declare>): Promise<void> {
  const draft = parseDraft(await readDraft(path.join(folder, 'manifest.json')));
  const files = new Map<string, Uint8Array>();
  const { encoder, decoder, refiner } = draft.files;
  for (const name of refiner === undefined ? [encoder, decoder] : [encoder, decoder, refiner]) {
    const file = path.join(folder, name);
    const onnx = await readNetwork(file);
    requireWhole(onnx, file);
    files.set(name, onnx);
  }
  const { csi, normalization, planes = 'magnitude' } = draft;
  const { numAntennas, numDelays } = csi;
  const representation = createRepresentation({ numAntennas, numDelays, planes, normalization });
  const network = files.get(decoder) as Uint8Array;
  const calibration = await readGivenCalibration(options, draft, representation, network, decoder);
  const model = await completeModel({ draft, files, calibration, data: await calibrationFile(options) });
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
