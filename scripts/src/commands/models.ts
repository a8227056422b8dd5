import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { toHex } from '@edge-csi/models';
import { listModels, loadModel, zooDirectory } from '@edge-csi/models/disk';
import { Command } from 'commander';
import { modelsById } from '../model-choice.ts';
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
  edge-csi models verify`,
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
    .description('check every file against its hash and print the pairing hash')
    .argument('[ids...]', 'default: all')
    .option(...zoo)
    .action(async (ids: string[], options: Options) => {
      const chosen = ids.length > 0 ? await modelsById(ids, options.zoo) : await listModels(options.zoo);
      for (const { id } of chosen) {
        const bundle = await loadModel(path.join(options.zoo, id), ['encoder', 'decoder', 'refiner']);
        process.stdout.write(`${id} ok, pairing hash ${toHex(bundle.sha256)}\n`);
      }
    });
  return command;
}
