import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import { type AnyManifest, isUplinkOnly, type Manifest, toHex, type UplinkOnlyManifest } from '@edge-csi/models';
import { loadModel, loadUplinkOnlyModel, zooDirectory } from '@edge-csi/models/disk';
import { Command } from 'commander';
import { measureAccuracy } from '../bench/accuracy.ts';
import { hasFiguresOn, recordedAccuracy, recordedUplinkOnly } from '../bench/record.ts';
import { measureUplinkOnly } from '../bench/uplink-only-accuracy.ts';
import { renderCard } from '../card.ts';
import { dataFor, openData } from '../data.ts';
import { anyModels } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';
import { addLifecycleCommands } from './model-lifecycle.ts';
import { addCompleteCommand } from './models-complete.ts';

interface Options {
  readonly zoo: string;
}

/** `edge-csi models`: what is in a zoo, and the life cycle of models on a running server. */
export function modelsCommand(): Command {
  const zoo = ['--zoo <dir>', 'folder of models', zooDirectory] as const;
  // Its own commands take this from it when they are made.
  const command = new Command('models').exitOverride();
  command.description('List, show, verify and describe the models of a zoo; manage those of a running server.');
  command.addHelpText(
    'after',
    `
Examples:
  edge-csi models list
  edge-csi models show dualnet-mag-m43
  edge-csi models verify
  edge-csi models verify dualnet-mag-m43 --data scripts/data/cost2100-indoor-test-1024.npz
  edge-csi models complete my-zoo/csinet-mag-m43 --calibration calibration.npz
  edge-csi models load dualnet-mag-m128-v2 --server http://127.0.0.1:8081
  edge-csi models activate dualnet-mag-m128-v2
  edge-csi models rollback
  edge-csi models status`,
  );
  addLifecycleCommands(command);
  addCompleteCommand(command);
  command
    .command('list')
    .description('one line a model')
    .option(...zoo)
    .action(async (options: Options) => {
      const manifests = await anyModels([], options.zoo);
      const rows = manifests.map((m) => (isUplinkOnly(m) ? uplinkOnlyRow(m) : reportRow(m)));
      const header = ['model', 'CR', 'encoder', 'M', 'bits', 'Nt x Nd', 'encoder KiB', 'decoder KiB', 'refiner KiB'];
      process.stdout.write(`${renderTable(header, rows)}\n`);
    });
  command
    .command('show')
    .description("print a model's manifest")
    .argument('<id>')
    .option(...zoo)
    .action(async (id: string, options: Options) => {
      await anyModels([id], options.zoo);
      process.stdout.write(await readFile(path.join(options.zoo, id, 'manifest.json'), 'utf8'));
    });
  command
    .command('verify')
    .description('check every file against its hash; with --data, re-measure the figures in the manifest')
    .argument('[ids...]', 'default: all')
    .option(...zoo)
    .option('--data <file>', 'data the manifest has figures for, e.g. the sample that ships with edge-csi')
    .action(verify);
  command
    .command('card')
    .description('write card.md of each model from its manifest')
    .argument('[ids...]', 'default: all')
    .option(...zoo)
    .action(async (ids: string[], options: Options) => {
      for (const manifest of await anyModels(ids, options.zoo)) {
        await writeFile(path.join(options.zoo, manifest.id, 'card.md'), renderCard(manifest));
      }
    });
  return command;
}

function reportRow(m: Manifest): string[] {
  return [
    m.id,
    `1/${m.reduction}`,
    m.pruned ? 'pruned' : 'full',
    String(m.codeword.length),
    String(m.codeword.bits.reduce((sum, bits) => sum + bits, 0)),
    `${m.csi.numAntennas} x ${m.csi.numDelays}`,
    kib(m.files.encoder),
    kib(m.files.decoder),
    m.files.refiner === undefined ? '-' : kib(m.files.refiner),
  ];
}

/** A model without an encoder, to which nothing is sent. */
function uplinkOnlyRow(m: UplinkOnlyManifest): string[] {
  return [m.id, '-', '-', '0', '0', `${m.csi.numAntennas} x ${m.csi.numDelays}`, '-', kib(m.files.decoder), '-'];
}

function kib({ bytes }: { readonly bytes: number }): string {
  return (bytes / 1024).toFixed(0);
}

/** Largest difference between a manifest's figure and a new measurement on the same data. */
const toleranceDb = 0.05;

async function verify(ids: string[], options: Options & { readonly data?: string }): Promise<void> {
  for (const manifest of await anyModels(ids, options.zoo)) {
    const { id } = manifest;
    const directory = path.join(options.zoo, id);
    if (isUplinkOnly(manifest)) {
      await loadUplinkOnlyModel(directory);
      process.stdout.write(`${id} ok, uplink only\n`);
    } else {
      const bundle = await loadModel(directory, ['encoder', 'decoder', 'refiner']);
      process.stdout.write(`${id} ok, pairing hash ${toHex(bundle.sha256)}\n`);
    }
    if (options.data === undefined) continue;
    // A zoo holds models of several links, and a data file is of one; a model that is named is asked about all the same.
    if (ids.length === 0 && !(await hasFiguresOn(manifest, options.data))) {
      process.stdout.write(`  no figures on ${path.basename(options.data)}\n`);
      continue;
    }
    if (isUplinkOnly(manifest)) await verifyUplinkOnly(manifest, options.zoo, options.data);
    else await verifyFigures(manifest, options.zoo, options.data);
  }
}

async function verifyFigures(manifest: Manifest, zoo: string, dataPath: string): Promise<void> {
  const recorded = await recordedAccuracy(manifest, dataPath);
  const source = await openData(dataFor(manifest, { data: dataPath }));
  const progress = startProgress(manifest.id, recorded.samples);
  const measurement = { manifest, zoo, source, samples: recorded.samples, onProgress: progress.update };
  const run = await measureAccuracy(measurement).finally(progress.stop);
  for (const name of ['nmseDb', 'magnitudeNmseDb', 'floatMagnitudeNmseDb'] as const) {
    requireSame(manifest, name, run[name], recorded[name], dataPath);
  }
  process.stdout.write(`  NMSE ${run.nmseDb.toFixed(2)} dB at ${run.payloadBits.mean.toFixed(0)} bits, as recorded\n`);
}

async function verifyUplinkOnly(manifest: UplinkOnlyManifest, zoo: string, dataPath: string): Promise<void> {
  const recorded = await recordedUplinkOnly(manifest, dataPath);
  const source = await openData(dataFor(manifest, { data: dataPath }));
  const progress = startProgress(manifest.id, recorded.samples);
  const measurement = { manifest, zoo, source, samples: recorded.samples, onProgress: progress.update };
  const run = await measureUplinkOnly(measurement).finally(progress.stop);
  for (const name of ['magnitudeNmseDb', 'floatMagnitudeNmseDb'] as const) {
    requireSame(manifest, name, run[name], recorded[name], dataPath);
  }
  process.stdout.write(`  |H| NMSE ${run.magnitudeNmseDb.toFixed(2)} dB at 0 bits, as recorded\n`);
}

/** @throws CsiError `model-invalid` where a figure was not reached again. */
function requireSame({ id }: AnyManifest, name: string, measured: number, recorded: number, dataPath: string): void {
  if (Math.abs(measured - recorded) <= toleranceDb) return;
  throw new CsiError(
    'model-invalid',
    `${id}: ${name} is ${measured.toFixed(3)} on ${path.basename(dataPath)}, the manifest says ` +
      `${recorded.toFixed(3)}; more than ${toleranceDb} dB apart`,
  );
}
