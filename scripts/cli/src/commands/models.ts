import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { type AnyManifest, isPathModel, isUplinkOnly } from '@edge-csi/models';
import { listDrafts } from '@edge-csi/models/disk';
import { reductionText, renderTable } from '@edge-csi/report';
import { type AddCommand, addAsked } from '../options/command.ts';
import { anyModels, zooOption } from '../options/models.ts';
import { jsonOption, writeJson } from '../options/output.ts';

const lifecycle: AddCommand = async (models) => (await import('./model-lifecycle.ts')).addLifecycle(models);

/** Subcommands in the order of the help. */
const commands: Readonly<Record<string, AddCommand>> = {
  ...{ load: lifecycle, activate: lifecycle, rollback: lifecycle, unload: lifecycle, status: lifecycle },
  complete: async (models) => (await import('./models-complete.ts')).addComplete(models),
  paths: async (models) => (await import('./models-paths.ts')).addPaths(models),
  response: async (models) => (await import('./models-response.ts')).addResponse(models),
  verify: async (models) => (await import('./models-verify.ts')).addVerify(models),
  list: async (models) => addList(models),
  show: async (models) => addShow(models),
  card: async (models) => addCard(models),
};

/** `edge-csi models`: what is in a zoo, and the life cycle of models on a running server. */
export async function addModels(program: CommandUnknownOpts, rest: readonly string[]): Promise<void> {
  const models = program
    .command('models')
    .description('List, show, verify and describe the models of a zoo; manage those of a running server.');
  models.addHelpText(
    'after',
    `
Examples:
  edge-csi models list
  edge-csi models show dualnet-mag-m43
  edge-csi models verify
  edge-csi models verify dualnet-mag-m43 --data scripts/lab/data/cost2100-indoor-test-1024.npz
  edge-csi models complete my-zoo/csinet-m512 --calibration calibration.npz
  edge-csi models paths --array 8x4 --out my-zoo/paths-8x4
  edge-csi models response --data measured.npz --model paths-indoor --out my-zoo/paths-site
  edge-csi models load dualnet-mag-m128-v2 --server http://127.0.0.1:8081
  edge-csi models activate dualnet-mag-m128-v2
  edge-csi models rollback
  edge-csi models status`,
  );
  await addAsked(models, commands, rest);
}

function addList(models: CommandUnknownOpts): void {
  models
    .command('list')
    .description('one line a model')
    .option(...zooOption())
    .option(...jsonOption)
    .action(async ({ zoo, json }) => {
      const sizes = (await anyModels([], zoo)).map(sizesOf);
      const header = ['model', 'CR', 'encoder', 'M', 'bits', 'Nt x Nd', 'encoder KiB', 'decoder KiB', 'refiner KiB'];
      process.stdout.write(`${renderTable(header, sizes.map(rowOf))}\n`);
      for (const folder of await listDrafts(zoo)) {
        process.stdout.write(
          `draft in ${folder}; complete it with: edge-csi models complete ${folder} --calibration FILE\n`,
        );
      }
      await writeJson(json, { schema: 'edge-csi/models@1', models: sizes });
    });
}

function addShow(models: CommandUnknownOpts): void {
  models
    .command('show')
    .description("print a model's manifest")
    .argument('<id>')
    .option(...zooOption())
    .action(async (id, { zoo }) => {
      await anyModels([id], zoo);
      process.stdout.write(await readFile(path.join(zoo, id, 'manifest.json'), 'utf8'));
    });
}

function addCard(models: CommandUnknownOpts): void {
  models
    .command('card')
    .description('write card.md of each model from its manifest')
    .argument('[ids...]', 'default: all')
    .option(...zooOption())
    .action(async (ids, { zoo }) => {
      const { renderCard } = await import('@edge-csi/model-tools/model-card');
      for (const manifest of await anyModels(ids, zoo)) {
        await writeFile(path.join(zoo, manifest.id, 'card.md'), renderCard(manifest));
      }
    });
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
  readonly bytes: { readonly encoder?: number; readonly decoder?: number; readonly refiner?: number };
}

function sizesOf(manifest: AnyManifest): ModelSizes {
  const { id: model, csi } = manifest;
  const { numAntennas, numDelays } = csi;
  if (isUplinkOnly(manifest)) {
    // Nothing is sent to it.
    const bytes = { decoder: manifest.files.decoder.bytes };
    return { model, codewordLength: 0, codewordBits: 0, numAntennas, numDelays, bytes };
  }
  if (isPathModel(manifest)) {
    return { model, codewordLength: 0, codewordBits: 0, numAntennas, numDelays, bytes: {} };
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
    reductionText(reduction),
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
