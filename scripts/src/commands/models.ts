import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import { type Manifest, toHex } from '@edge-csi/models';
import { listModels, loadModel, zooDirectory } from '@edge-csi/models/disk';
import { Command } from 'commander';
import { measureAccuracy } from '../bench/accuracy.ts';
import { recordedAccuracy } from '../bench/record.ts';
import { dataFor } from '../data.ts';
import { modelsById } from '../model-choice.ts';
import { startProgress } from '../progress.ts';
import { renderTable } from '../table.ts';

interface Options {
  readonly zoo: string;
}

/** `edge-csi models`: what is in a zoo. */
export function modelsCommand(): Command {
  const zoo = ['--zoo <dir>', 'folder of models', zooDirectory] as const;
  const command = new Command('models').description('List, show and verify the models of a zoo.').addHelpText(
    'after',
    `
Examples:
  edge-csi models list
  edge-csi models show dualnet-mag-m43
  edge-csi models verify
  edge-csi models verify dualnet-mag-m43 --data scripts/data/cost2100-indoor-test-1024.npz`,
  );
  command
    .command('list')
    .description('one line a model')
    .option(...zoo)
    .action(async (options: Options) => {
      const manifests = await listModels(options.zoo);
      const rows = manifests.map((m) => [
        m.id,
        `1/${m.reduction}`,
        m.pruned ? 'pruned' : 'full',
        String(m.codeword.length),
        String(m.codeword.bits.reduce((sum, bits) => sum + bits, 0)),
        `${m.csi.numAntennas} x ${m.csi.numDelays}`,
        (m.files.encoder.bytes / 1024).toFixed(0),
        (m.files.decoder.bytes / 1024).toFixed(0),
        m.files.refiner === undefined ? '-' : (m.files.refiner.bytes / 1024).toFixed(0),
      ]);
      const header = ['model', 'CR', 'encoder', 'M', 'bits', 'Nt x Nd', 'encoder KiB', 'decoder KiB', 'refiner KiB'];
      process.stdout.write(`${renderTable(header, rows)}\n`);
    });
  command
    .command('show')
    .description("print a model's manifest")
    .argument('<id>')
    .option(...zoo)
    .action(async (id: string, options: Options) => {
      await modelsById([id], options.zoo);
      process.stdout.write(await readFile(path.join(options.zoo, id, 'manifest.json'), 'utf8'));
    });
  command
    .command('verify')
    .description('check every file against its hash; with --data, re-measure the figures in the manifest')
    .argument('[ids...]', 'default: all')
    .option(...zoo)
    .option('--data <file>', 'data the manifest has figures for, e.g. the sample that ships with edge-csi')
    .action(verify);
  return command;
}

/** Largest difference between a manifest's figure and a new measurement on the same data. */
const toleranceDb = 0.05;

async function verify(ids: string[], options: Options & { readonly data?: string }): Promise<void> {
  const chosen = ids.length > 0 ? await modelsById(ids, options.zoo) : await listModels(options.zoo);
  for (const manifest of chosen) {
    const { id } = manifest;
    const bundle = await loadModel(path.join(options.zoo, id), ['encoder', 'decoder', 'refiner']);
    process.stdout.write(`${id} ok, pairing hash ${toHex(bundle.sha256)}\n`);
    if (options.data !== undefined) await verifyFigures(manifest, options.zoo, options.data);
  }
}

async function verifyFigures(manifest: Manifest, zoo: string, dataPath: string): Promise<void> {
  const recorded = await recordedAccuracy(manifest, dataPath);
  const data = dataFor(manifest, dataPath);
  const progress = startProgress(manifest.id, recorded.samples);
  const measurement = { manifest, zoo, data, samples: recorded.samples, onProgress: progress.update };
  const run = await measureAccuracy(measurement).finally(progress.stop);
  for (const name of ['nmseDb', 'magnitudeNmseDb', 'floatMagnitudeNmseDb'] as const) {
    const difference = Math.abs(run[name] - recorded[name]);
    if (!(difference <= toleranceDb)) {
      throw new CsiError(
        'model-invalid',
        `${manifest.id}: ${name} is ${run[name].toFixed(3)} on ${path.basename(dataPath)}, the manifest says ` +
          `${recorded[name].toFixed(3)}; more than ${toleranceDb} dB apart`,
      );
    }
  }
  process.stdout.write(`  NMSE ${run.nmseDb.toFixed(2)} dB at ${run.payloadBits.mean.toFixed(0)} bits, as recorded\n`);
}
