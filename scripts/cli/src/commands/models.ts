import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { renderCard } from '@edge-csi/model-tools/model-card';
import { type AnyManifest, isUplinkOnly } from '@edge-csi/models';
import { zooDirectory } from '@edge-csi/models/disk';
import { renderTable } from '@edge-csi/report';
import { Command } from 'commander';
import { requireWritable, writeJson } from '../json-file.ts';
import { anyModels } from '../model-choice.ts';
import { addLifecycleCommands } from './model-lifecycle.ts';
import { addCompleteCommand } from './models-complete.ts';
import { addVerifyCommand } from './models-verify.ts';

interface Options {
  readonly zoo: string;
  readonly json?: string;
}

/** `edge-csi models`: what is in a zoo, and the life cycle of models on a running server. */
export function modelsCommand(): Command {
  const zoo = ['--zoo <dir>', 'folder of models', zooDirectory()] as const;
  const json = ['--json <file>', 'write the result as JSON'] as const;
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
  edge-csi models verify dualnet-mag-m43 --data scripts/lab/data/cost2100-indoor-test-1024.npz
  edge-csi models complete my-zoo/csinet-mag-m43 --calibration calibration.npz
  edge-csi models load dualnet-mag-m128-v2 --server http://127.0.0.1:8081
  edge-csi models activate dualnet-mag-m128-v2
  edge-csi models rollback
  edge-csi models status`,
  );
  addLifecycleCommands(command);
  addCompleteCommand(command);
  addVerifyCommand(command);
  command
    .command('list')
    .description('one line a model')
    .option(...zoo)
    .option(...json)
    .action(async (options: Options) => {
      await requireWritable(options.json);
      const manifests = await anyModels([], options.zoo);
      const models = manifests.map(sizesOf);
      const header = ['model', 'CR', 'encoder', 'M', 'bits', 'Nt x Nd', 'encoder KiB', 'decoder KiB', 'refiner KiB'];
      process.stdout.write(`${renderTable(header, models.map(rowOf))}\n`);
      await writeJson(options.json, { schema: 'edge-csi/models@1', models });
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

/** What `models list` shows of a model; lengths, bits and files that it does not have are 0 or absent. */
interface ModelSizes {
  readonly model: string;
  readonly reduction?: number;
  readonly pruned?: boolean;
  readonly codewordLength: number;
  readonly codewordBits: number;
  readonly numAntennas: number;
  readonly numDelays: number;
  readonly bytes: { readonly encoder?: number; readonly decoder: number; readonly refiner?: number };
}

function sizesOf(manifest: AnyManifest): ModelSizes {
  const { id: model, csi, files } = manifest;
  const { numAntennas, numDelays } = csi;
  if (isUplinkOnly(manifest)) {
    // Nothing is sent to it.
    const bytes = { decoder: files.decoder.bytes };
    return { model, codewordLength: 0, codewordBits: 0, numAntennas, numDelays, bytes };
  }
  const { reduction, pruned, codeword } = manifest;
  const { encoder, decoder, refiner } = manifest.files;
  return {
    ...{ model, reduction, pruned, codewordLength: codeword.length },
    codewordBits: codeword.bits.reduce((sum, bits) => sum + bits, 0),
    ...{ numAntennas, numDelays },
    bytes: { encoder: encoder.bytes, decoder: decoder.bytes, ...(refiner && { refiner: refiner.bytes }) },
  };
}

function rowOf({ model, reduction, pruned, codewordLength, codewordBits, numAntennas, numDelays, bytes }: ModelSizes) {
  return [
    model,
    reduction === undefined ? '-' : `1/${reduction}`,
    pruned === undefined ? '-' : pruned ? 'pruned' : 'full',
    String(codewordLength),
    String(codewordBits),
    `${numAntennas} x ${numDelays}`,
    kib(bytes.encoder),
    kib(bytes.decoder),
    kib(bytes.refiner),
  ];
}

function kib(bytes: number | undefined): string {
  return bytes === undefined ? '-' : (bytes / 1024).toFixed(0);
}
