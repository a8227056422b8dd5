import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { assertFramesFit } from '@edge-csi/bs-server';
import { createBsCodec } from '@edge-csi/csi';
import { fitPathTables, stillSpecOf } from '@edge-csi/csi/paths';
import { type DataFlags, spreadIndices, usableSample } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { createPathManifest, type PathManifest, pathsSpecOf } from '@edge-csi/models';
import type { OptionsOf } from '../options/command.ts';
import { antennasOf, createDataReader, withReading } from '../options/data.ts';
import { finite, integer, newModelFolder } from '../options/parse.ts';
import { shapeOf, usualLink, writePathModel } from '../options/path-model.ts';
import { withProgress } from '../progress.ts';

/** Samples that tables are fitted to, spread over the file. */
const fitSamples = 200;

function declare(models: CommandUnknownOpts) {
  return withReading(models.command('paths'))
    .description('write a model of path reports for any array and band; nothing is trained')
    .option(
      '--antennas <n>',
      `elements of a linear array; default ${usualLink.numAntennas}, or as --data has`,
      integer(1, 1024),
    )
    .option(
      '--delays <n>',
      `delay taps of a matrix; default ${usualLink.numDelays}, or as --data has`,
      integer(1, 1024),
    )
    .option(
      '--subcarriers <n>',
      `length of the DFT that gave the taps; default ${usualLink.numSubcarriers}`,
      integer(1, 65_536),
    )
    .option('--bandwidth-mhz <MHz>', 'bandwidth', finite(0.1, 1e5), usualLink.bandwidthHz / 1e6)
    .option('--carriers <GHz>', 'downlink and uplink carrier, like 3.5/3.4', carriers, [5.3, 5.1] as [number, number])
    .option('--data <file>', `fit the tables to up to ${fitSamples} samples of this file; formats as of link-run`)
    .option('--max-paths <n>', 'most paths of a report: a UE has memory for so many', integer(1, 64), 32)
    .option(
      '--measurements <n>',
      'matrices that a report is made of, to tell how the channel goes on; linear arrays',
      integer(3, 8),
    )
    .option('--id <id>', 'id of the model; default the name of the folder')
    .requiredOption('--out <dir>', 'folder of the model, made where it is not there', newModelFolder)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi models paths --antennas 64 --delays 32 --subcarriers 1024 --bandwidth-mhz 20 --carriers 3.5/3.4 --out my-zoo/paths-64
  edge-csi models paths --array 8x4 --out my-zoo/paths-8x4
  edge-csi models paths --measurements 4 --out my-zoo/paths-moving
  edge-csi models paths --data their.npz --out my-zoo/paths-theirs
  edge-csi models paths --data panel.npz --array 8x4 --out my-zoo/paths-panel
  edge-csi link-run --zoo my-zoo --models paths-theirs --data their.npz`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `models paths`: a model of path reports. */
export const addPaths = (models: CommandUnknownOpts) => declare(models).action(run);

async function run(options: Options): Promise<void> {
  const { out } = options;
  const plain = await describe(options);
  assertFramesFit(plain.id, createBsCodec(pathsSpecOf(plain)));
  const { data } = options;
  const manifest = data === undefined ? plain : await fitted(plain, { ...options, data });
  await writePathModel(out, manifest);
  const { csi, paths } = manifest;
  process.stdout.write(
    `${manifest.id}: ${paths.antennas.join(' x ')} antennas, ${csi.numDelays} of ${csi.numSubcarriers} delays, in ${out}\n`,
  );
}

/** The model as the options say; what they leave open is the data's, else usual. */
async function describe(options: Options): Promise<PathManifest> {
  const {
    array,
    delays,
    subcarriers,
    bandwidthMhz,
    carriers: carriersGhz,
    data,
    maxPaths,
    out,
    measurements,
  } = options;
  const found = data === undefined ? undefined : await shapeOf({ ...options, data });
  const numAntennas = antennasOf(options);
  const csi = {
    ...usualLink,
    ...found,
    ...(numAntennas !== undefined && { numAntennas }),
    ...(delays !== undefined && { numDelays: delays }),
    ...(subcarriers !== undefined && { numSubcarriers: subcarriers }),
    bandwidthHz: bandwidthMhz * 1e6,
    downlinkCarrierHz: carriersGhz[0] * 1e9,
    uplinkCarrierHz: carriersGhz[1] * 1e9,
  };
  if (csi.numDelays > csi.numSubcarriers) {
    throw new UsageError(`--delays is ${csi.numDelays}, more than the ${csi.numSubcarriers} of --subcarriers`);
  }
  const id = options.id ?? path.basename(path.resolve(out));
  if (measurements !== undefined && array !== undefined && array[0] > 1 && array[1] > 1) {
    throw new UsageError(`--measurements is of linear arrays, --array is ${array.join('x')}`);
  }
  return createPathManifest({ id, csi, maxPaths, measurements, ...(array && { array }) });
}

/** The model with its tables fitted to a file. */
async function fitted(manifest: PathManifest, flags: DataFlags): Promise<PathManifest> {
  const source = await createDataReader(flags).open(manifest);
  const indices = spreadIndices(source, fitSamples);
  const { id, csi, paths } = manifest;
  const tables = await withProgress('tables', 1, async () =>
    fitPathTables(
      stillSpecOf(pathsSpecOf(manifest).codec),
      indices.map((index) => usableSample(source, 'downlink', index)),
    ),
  );
  return createPathManifest({
    ...{ id, csi, tables, array: paths.antennas, maxPaths: paths.maxPaths },
    ...(paths.doppler !== false && { measurements: paths.doppler.measurements }),
    training: { data: path.basename(flags.data), samples: indices.length },
  });
}

/** Parser of a pair of carriers. */
function carriers(text: string): [number, number] {
  const [down = 0, up = 0, ...more] = text.split('/').map(Number);
  if (more.length === 0 && down > 0 && up > 0 && Number.isFinite(down + up)) return [down, up];
  throw new InvalidArgumentError('give the downlink and the uplink carrier, like 3.5/3.4');
}
