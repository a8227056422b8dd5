import path from 'node:path';
import { type CommandUnknownOpts, Option } from '@commander-js/extra-typings';
import { CsiError } from '@edge-csi/csi';
import { type CsiFormat, type CsiSource, cutPathList, readPathList, writeCsi } from '@edge-csi/csi/files';
import { requireUsable } from '@edge-csi/lab/data';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { OptionsOf } from '../options/command.ts';
import { createDataReader, viewOf, withData, withView } from '../options/data.ts';
import { writeJson } from '../options/output.ts';
import { finite, integer, writableFile } from '../options/parse.ts';
import { withProgress } from '../progress.ts';

const formats = ['npy', 'npz', 'mat', 'path-list'] as const;

/** Names of the arrays in each format: DualNet's in a MAT-file. */
const names = {
  npy: ['downlink', 'uplink'],
  npz: ['downlink', 'uplink'],
  mat: ['Hur_down', 'Hur_up'],
} as const satisfies Readonly<Record<CsiFormat, readonly [string, string]>>;

function declare(program: CommandUnknownOpts) {
  return withView(withData()(program.command('convert')))
    .description('Converts CSI data between path lists, .npy, .npz and .mat, a block of samples at a time.')
    .requiredOption('--out <file>', 'file to write; its ending says the format: .npy, .npz or .mat', writableFile)
    .option('--uplink-out <file>', 'write the uplink to a file of its own, as DualNet has it', writableFile)
    .addOption(new Option('--to <format>', 'format, where the ending of --out does not say it').choices(formats))
    .option('--samples <n>', 'samples to convert, the first ones; default all', integer(1, 1e7))
    .option('--drop-empty', 'leave out samples of no use: all zero or no numbers in a band, as of UEs without a path')
    .option('--downlink-ghz <GHz>', 'path lists: downlink carrier', finite(0.001, 1e4), 5.3)
    .option('--uplink-ghz <GHz>', 'path lists: uplink carrier', finite(0.001, 1e4), 5.1)
    .option('--json <file>', 'write what was read and written as JSON', writableFile)
    .addHelpText(
      'after',
      `
Examples:
  edge-csi convert --data paths.npz --out csi.mat
  edge-csi convert --data outdoor-paths.npz --downlink-ghz 0.3 --uplink-ghz 0.26 --out csi.npz
  edge-csi convert --data Data100_Hvalin_down_FDD.mat --uplink Data100_Hvalin_up_FDD.mat --out indoor.npz
  edge-csi convert --data DATA_Htestin.mat --out csinet.npy
  edge-csi convert --data deepmimo.npz --drop-empty --out ues.npz
  edge-csi convert --data paths.npz --to path-list --samples 100 --out few.npz`,
    );
}

type Options = OptionsOf<typeof declare>;

/** `edge-csi convert`: one data file to another format. */
export const addConvert = (program: CommandUnknownOpts) => declare(program).action(run);

async function run(options: Options): Promise<void> {
  requireFilesApart(options);
  const format = formatOf(options);
  const { lines, ...json } =
    format === 'path-list' ? await convertPathList(options) : await convertCsi(options, format);
  process.stdout.write(`${lines.join('\n')}\n`);
  await writeJson(options.json, { schema: 'edge-csi/convert@1', data: path.basename(options.data), format, ...json });
}

interface Report {
  readonly samples: number;
  readonly dropped: number;
  readonly files: readonly string[];
  readonly lines: readonly string[];
}

async function convertCsi(options: Options, format: CsiFormat): Promise<Report> {
  const carriers = { downlinkCarrierHz: options.downlinkGhz * 1e9, uplinkCarrierHz: options.uplinkGhz * 1e9 };
  const source = await createDataReader(options).open({ csi: { ...viewOf(options), ...carriers } });
  const { indices, dropped } = chosenSamples(source, options);
  const [downName, upName] = names[format];
  const hasUplink = source.description.uplink !== undefined;
  if (options.uplinkOut !== undefined && !hasUplink) {
    throw new UsageError(
      `--uplink-out is '${options.uplinkOut}', but ${source.name} has no uplink; give it with --uplink`,
    );
  }
  const samplesOf = (band: 'downlink' | 'uplink') => ({
    numSamples: indices.length,
    at: (i: number) => bandOf(source, band, indices[i] as number),
  });
  const together = hasUplink && options.uplinkOut === undefined && format !== 'npy';
  const files: { file: string; arrays: Record<string, ReturnType<typeof samplesOf>> }[] = [
    {
      file: options.out,
      arrays: { [downName]: samplesOf('downlink'), ...(together && { [upName]: samplesOf('uplink') }) },
    },
  ];
  if (options.uplinkOut !== undefined) {
    files.push({ file: options.uplinkOut, arrays: { [upName]: samplesOf('uplink') } });
  }
  const lines = [`downlink: ${source.description.downlink}`, `uplink: ${source.description.uplink ?? 'none'}`];
  const columns = columnsOf(source, indices);
  for (const { file, arrays } of files) {
    const arrayNames = Object.keys(arrays);
    await withProgress(path.basename(file), indices.length * arrayNames.length, (onProgress) =>
      writeCsi(file, format, arrays, { columns, onProgress }),
    );
    const written = format === 'npy' ? arrayNames : [...arrayNames, ...Object.keys(columns)];
    lines.push(`wrote ${file}: ${written.join(', ')}, ${indices.length} samples`);
  }
  if (dropped > 0) lines.push(`left out ${dropped} samples of no use, all zero or no numbers`);
  if (format === 'npy' && Object.keys(columns).length > 0) {
    lines.push(`${Object.keys(columns).join(', ')}: not written, a .npy file holds one array; write .npz or .mat`);
  }
  if (hasUplink && !together && options.uplinkOut === undefined) {
    lines.push('the uplink is not written: a .npy file holds one array; add --uplink-out, or write .npz');
  }
  return { samples: indices.length, dropped, files: files.map(({ file }) => path.basename(file)), lines };
}

async function convertPathList(options: Options): Promise<Report> {
  if (options.uplinkOut !== undefined || options.dropEmpty) {
    throw new UsageError('--uplink-out and --drop-empty are for CSI, a path list has both bands in one');
  }
  const { numSamples } = await readPathList(options.data);
  requireSamples(options, numSamples);
  const samples = await cutPathList(options.data, options.out, options.samples);
  const lines = [`wrote ${options.out}: path list, ${samples} samples`];
  return { samples, dropped: 0, files: [path.basename(options.out)], lines };
}

/** Indices of the samples to write. */
function chosenSamples(source: CsiSource, options: Options): { indices: number[]; dropped: number } {
  const { numSamples } = source;
  const { samples, dropEmpty, data } = options;
  requireSamples(options, numSamples);
  const all = Array.from({ length: samples ?? numSamples }, (_, i) => i);
  if (!dropEmpty) {
    requireUsable(source, all);
    return { indices: all, dropped: 0 };
  }
  const indices = all.filter((i) => isUsable(source, i));
  if (indices.length === 0) throw new UsageError(`all ${all.length} samples of ${path.basename(data)} are of no use`);
  return { indices, dropped: all.length - indices.length };
}

function requireSamples({ samples, data }: Options, available: number): void {
  if (samples === undefined || samples <= available) return;
  throw new UsageError(`--samples is ${samples}, ${path.basename(data)} has ${available}`);
}

function isUsable(source: CsiSource, index: number): boolean {
  try {
    requireUsable(source, [index]);
    return true;
  } catch (error) {
    if (error instanceof CsiError && error.code === 'csi-invalid') return false;
    throw error;
  }
}

/** What the source says of the samples that are written. */
function columnsOf({ columns }: CsiSource, indices: readonly number[]): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(columns).map(([name, values]) => [name, Float64Array.from(indices, (i) => values[i] as number)]),
  );
}

function bandOf(source: CsiSource, band: 'downlink' | 'uplink', index: number) {
  const csi = source[band](index);
  if (csi === undefined) throw new TypeError(`${source.name} has no ${band}`);
  return csi;
}

function formatOf({ to, out }: Options): (typeof formats)[number] {
  const ending = path.extname(out).slice(1).toLowerCase();
  const format = to ?? formats.find((name) => name === ending);
  if (format === undefined) throw new UsageError(`--out is '${out}', end it in .npy, .npz or .mat, or give --to`);
  return format;
}

/** Refuses to write over what is read, or twice to one file. */
function requireFilesApart({ data, uplink, out, uplinkOut }: Options): void {
  const read = [data, uplink].filter((file) => file !== undefined).map((file) => path.resolve(file));
  for (const [flag, file] of Object.entries({ '--out': out, '--uplink-out': uplinkOut })) {
    if (file !== undefined && read.includes(path.resolve(file))) {
      throw new UsageError(`${flag} is '${file}', which is read; give another name`);
    }
  }
  if (uplinkOut !== undefined && path.resolve(uplinkOut) === path.resolve(out)) {
    throw new UsageError(`--out and --uplink-out are both '${out}'; give two names`);
  }
}
