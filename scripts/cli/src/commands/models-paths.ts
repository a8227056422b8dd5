import { mkdir, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { InvalidArgumentError } from '@commander-js/extra-typings';
import { pathCodecSpec } from '@edge-csi/csi';
import { findCsiShape } from '@edge-csi/csi/files';
import { fitPathTables } from '@edge-csi/csi/paths';
import { dataFor, openData, spreadIndices, usableSample } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import { createPathManifest, type PathManifest } from '@edge-csi/models';
import type { OptionsOf } from '../options/command.ts';
import { finite, integer, writableFolder } from '../options/parse.ts';
import { usualLink } from '../options/path-model.ts';
import { withProgress } from '../progress.ts';

/** Samples that tables are fitted to, spread over the file. */
const fitSamples = 200;

function declare(models: CommandUnknownOpts) {
  return models
    .command('paths')
    .description('write a model of path reports for any array and band; nothing is trained')
    .option(
      '--antennas <n>',
      `elements of a linear array; default ${usualLink.numAntennas}, or as --data has`,
      integer(1, 1024),
    )
    .option('--array <axes>', 'elements of a planar array along its axes, like 8x4, in place of --antennas', axes)
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
    .option('--id <id>', 'id of the model; default the name of the folder')
    .requiredOption('--out <dir>', 'folder of the model, made where it is not there', writableFolder)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi models paths --antennas 64 --delays 32 --subcarriers 1024 --bandwidth-mhz 20 --carriers 3.5/3.4 --out my-zoo/paths-64
  edge-csi models paths --array 8x4 --out my-zoo/paths-8x4
  edge-csi models paths --data their.npz --out my-zoo/paths-theirs
  edge-csi link-run --zoo my-zoo --models paths-theirs --data their.npz`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `models paths`: a model of path reports. */
export const addPaths = (models: CommandUnknownOpts) => declare(models).action(run);

async function run(options: Options): Promise<void> {
  const { out } = options;
  const manifestFile = path.join(out, 'manifest.json');
  if (
    await stat(manifestFile).then(
      () => true,
      () => false,
    )
  ) {
    throw new UsageError(`--out is ${out}, which holds a model; give another folder`);
  }
  if (options.antennas !== undefined && options.array !== undefined) {
    throw new UsageError('--antennas and --array both give the array; give one of them');
  }
  const plain = await describe(options);
  const manifest = options.data === undefined ? plain : await fitted(plain, options.data);
  const { renderCard } = await import('@edge-csi/model-tools/model-card');
  await mkdir(out, { recursive: true });
  await writeFile(manifestFile, `${JSON.stringify(manifest, null, 1)}\n`);
  await writeFile(path.join(out, 'card.md'), renderCard(manifest));
  const { csi, paths } = manifest;
  process.stdout.write(
    `${manifest.id}: ${paths.antennas.join(' x ')} antennas, ${csi.numDelays} of ${csi.numSubcarriers} delays, in ${out}\n`,
  );
}

/** The model as the options say; what they leave open is the data's, else usual. */
async function describe(options: Options): Promise<PathManifest> {
  const { antennas, array, delays, subcarriers, bandwidthMhz, carriers: carriersGhz, data, out } = options;
  const found = data === undefined ? undefined : await findCsiShape(data);
  const numAntennas = array === undefined ? antennas : array[0] * array[1];
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
  return createPathManifest({ id: options.id ?? path.basename(path.resolve(out)), csi, ...(array && { array }) });
}

/** The model with its tables fitted to a file. */
async function fitted(manifest: PathManifest, data: string): Promise<PathManifest> {
  const source = await openData(dataFor(manifest, { data }));
  const indices = spreadIndices(source, fitSamples);
  const { id, csi, paths } = manifest;
  const tables = await withProgress('tables', 1, async () =>
    fitPathTables(
      pathCodecSpec({ ...csi, antennas: paths.antennas }),
      indices.map((index) => usableSample(source, 'downlink', index)),
    ),
  );
  return createPathManifest({
    ...{ id, csi, tables, array: paths.antennas },
    training: { data: path.basename(data), samples: indices.length },
  });
}

/** Parser of the axes of a planar array. */
function axes(text: string): [number, number] {
  const [one = 0, two = 0, ...more] = text.split('x').map(Number);
  const valid =
    more.length === 0 && [one, two].every((count) => Number.isInteger(count) && count >= 1 && count <= 1024);
  if (valid && one * two <= 1024) return [one, two];
  throw new InvalidArgumentError('give two counts of together at most 1024 elements, like 8x4');
}

/** Parser of a pair of carriers. */
function carriers(text: string): [number, number] {
  const [down = 0, up = 0, ...more] = text.split('/').map(Number);
  if (more.length === 0 && down > 0 && up > 0 && Number.isFinite(down + up)) return [down, up];
  throw new InvalidArgumentError('give the downlink and the uplink carrier, like 3.5/3.4');
}
