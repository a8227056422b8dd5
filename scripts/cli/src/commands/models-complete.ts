import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CsiError, createRepresentation } from '@edge-csi/csi';
import { createPlanes } from '@edge-csi/csi/complex';
import { completeComplexModel, completeModel, complexTensorsOf, readsUplink, writeModel } from '@edge-csi/model-tools';
import { type Manifest, requireRunnable } from '@edge-csi/models';
import { type ComplexDraft, type DraftManifest, parseDraft } from '@edge-csi/models/disk';
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

async function complete(folder: string, options: Given): Promise<void> {
  const draft = parseDraft(await readDraft(path.join(folder, 'manifest.json')));
  const files = new Map<string, Uint8Array>();
  for (const name of Object.values(draft.files)) {
    if (name === undefined) continue;
    const file = path.join(folder, name);
    const onnx = await readNetwork(file);
    requireRunnable(onnx, file);
    files.set(name, onnx);
  }
  const done =
    draft.planes === 'complex'
      ? await completeComplex(folder, draft, files, options)
      : await completePhased(folder, draft as DraftManifest, files, options);
  process.stdout.write(`${draft.id}: ${done}; the draft is a manifest now\n`);
}

type Given = OptionsOf<typeof declare>;

async function completePhased(
  folder: string,
  draft: DraftManifest,
  files: ReadonlyMap<string, Uint8Array>,
  options: Given,
): Promise<string> {
  const { csi, normalization, planes = 'magnitude' } = draft;
  const { decoder } = draft.files;
  const representation = createRepresentation({ ...csi, planes, normalization });
  const bands = readsUplink(files.get(decoder) as Uint8Array, decoder) ? 'both' : 'downlink';
  const calibration = await readGivenCalibration(options, draft, representation, bands);
  const model = await completeModel({ draft, files, calibration, data: await calibrationFile(options) });
  await writeModel(folder, model);
  return `${codewordOf(model.manifest)}, theta ${model.manifest.phase.theta}`;
}

async function completeComplex(
  folder: string,
  draft: ComplexDraft,
  files: ReadonlyMap<string, Uint8Array>,
  options: Given,
): Promise<string> {
  const bands = complexTensorsOf(draft, files).decoder.uplink === undefined ? 'downlink' : 'both';
  const calibration = await readGivenCalibration(options, draft, createPlanes(draft.csi, draft.normalization), bands);
  const model = await completeComplexModel({ draft, files, calibration, data: await calibrationFile(options) });
  await writeModel(folder, model);
  return codewordOf(model.manifest);
}

function codewordOf({ codeword }: Pick<Manifest, 'codeword'>): string {
  return `${codeword.length} components of ${codeword.bits.reduce((sum, count) => sum + count, 0)} bits`;
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
