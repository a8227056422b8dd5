import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { writableFolder } from '../options/parse.ts';

/** A page of docs/figures and the command line that measures it, as it is spelled now: a page quotes the one that made it. */
interface DocumentPage {
  readonly name: string;
  /** Arguments of edge-csi, but for where the result goes; a file of the folder of data by its name. */
  readonly args: readonly string[];
  /** Its figures go into a folder of its name: another page has figures of the same names. */
  readonly hasFolder?: true;
}

const [train, select, test] = ['train', 'val', 'test'].map((split) => `cost2100-indoor-${split}.npz`) as [
  string,
  string,
  string,
];

/** Pruned DualNet-MAG models by codeword length. */
function magModels(...lengths: readonly number[]): string {
  return lengths.map((length) => `dualnet-mag-m${length}`).join();
}

/** Every page whose figures documents cite, quick ones first. */
export const documentPages: readonly DocumentPage[] = [
  // Its error is that of reports of 200 bits in the mean.
  { name: 'path-report', args: ['visualize', 'paths', '--sample', '700'] },
  { name: 'link-run', args: ['link-run'] },
  { name: 'encode-latency', args: ['bench', 'latency'] },
  {
    name: 'decoder-cost',
    args: [
      ...['bench', 'decoder', '--rounds', '7', '--seconds', '1'],
      ...['--models', `dualnet-mag-minmax-m128,${magModels(128, 43, 384)}`],
    ],
  },
  { name: 'simulator', args: ['bench', 'simulator'] },
  {
    name: 'yardstick',
    args: [
      ...['bench', 'yardstick', '--samples', '64', '--channels'],
      [
        ...[`indoor=${test}`, 'outdoor=cost2100-outdoor-test.npz', 'cdl-a', 'cdl-c', 'inh', 'umi'],
        ...['munich=raytraced-munich-test.npz', 'florence=raytraced-florence-test.npz'],
      ].join(),
    ],
  },
  { name: 'ageing', args: ['bench', 'ageing'] },
  { name: 'moving', args: ['bench', 'moving'] },
  {
    name: 'moving-tracks',
    args: [
      'bench',
      'moving',
      '--data',
      'raytraced-munich-tracks.npz',
      '--slot-ms',
      '5',
      '--samples',
      '40',
      '--reports',
      '17',
    ],
  },
  { name: 'throughput-gain', args: ['bench', 'throughput-gain', '--models', magModels(16, 43, 128, 384)] },
  { name: 'accuracy', args: ['bench', 'accuracy', '--data', test] },
  {
    name: 'accuracy-by-snr',
    hasFolder: true,
    args: ['bench', 'accuracy', '--by', 'snr', '--models', magModels(16, 43, 128, 384), '--data', test],
  },
  {
    name: 'dense-study',
    args: [
      ...['bench', 'dense', '--models', magModels(4, 8, 16, 43, 64, 128, 384), '--data', test, '--samples', '600'],
      ...['--baselines-from', train, '--fit-samples', '12000'],
    ],
  },
  {
    name: 'rate-distortion',
    args: [
      ...['bench', 'rate-distortion', '--models', magModels(4, 8, 16, 43, 64, 128, 256, 384), '--data', test],
      ...['--samples', '800', '--select', select, '--baselines-from', train],
    ],
  },
  { name: 'server-load', args: ['bench', 'server', '--models', magModels(384, 128, 43), '--seconds', '20'] },
  { name: 'cluster', args: ['bench', 'cluster'] },
  { name: 'soak', args: ['bench', 'soak', '--models', magModels(43), '--seconds', '1200'] },
];

/** What a page needs of the folder of data; nothing where it measures on samples that ship. */
export function filesOf({ args }: DocumentPage): string[] {
  return args.flatMap((argument) => argument.match(fileName) ?? []);
}

/** A file of the folder, by itself or in a list of NAME=FILE. */
const fileName = /[\w-]+\.npz/g;

const program = fileURLToPath(new URL('../../bin/edge-csi.js', import.meta.url));

/** `edge-csi figures`: measures what the documents show, page by page. */
export function addFigures(parent: CommandUnknownOpts) {
  return parent
    .command('figures')
    .description('Measure what the documents show, one page after the other, and write pages, figures and results.')
    .argument('[pages...]', `default all: ${documentPages.map(({ name }) => name).join(', ')}`)
    .option('--data-dir <dir>', 'folder of the data that some pages need, such as cost2100-indoor-test.npz')
    .option('--out <dir>', 'folder to write to', writableFolder, path.join('docs', 'figures'))
    .addHelpText(
      'after',
      `
Examples:
  edge-csi figures --data-dir data
  edge-csi figures server-load soak`,
    )
    .action((names, { dataDir, out }) => measurePages(names, out, dataDir));
}

async function measurePages(names: readonly string[], out: string, dataDir: string | undefined): Promise<void> {
  const unknown = names.find((name) => documentPages.every((page) => page.name !== name));
  if (unknown !== undefined) {
    throw new UsageError(`no page '${unknown}'; there are ${documentPages.map(({ name }) => name).join(', ')}`);
  }
  const chosen = documentPages.filter(({ name }) => names.length === 0 || names.includes(name));
  for (const file of new Set(chosen.flatMap(filesOf))) {
    if (dataDir === undefined) {
      const apart = documentPages.filter((page) => filesOf(page).length === 0).map(({ name }) => name);
      throw new UsageError(`give --data-dir, a folder with ${file}; without it there are ${apart.join(', ')}`);
    }
    await access(path.join(dataDir, file)).catch((cause: unknown) => {
      throw new UsageError(`--data-dir is '${dataDir}', which has no ${file}`, { cause });
    });
  }
  await mkdir(out, { recursive: true });
  for (const [i, page] of chosen.entries()) {
    const { name, args, hasFolder } = page;
    const onData = args.map((argument) => argument.replaceAll(fileName, (file) => path.join(dataDir ?? '', file)));
    const figures = hasFolder ? path.join(out, name) : out;
    const pageFile = path.join(out, name);
    const targets = ['--svg', figures, '--markdown', `${pageFile}.md`, '--json', `${pageFile}.json`];
    process.stdout.write(`== ${name} (${i + 1} of ${chosen.length})\n`);
    const startMs = monotonicMs();
    const code = await runToItsEnd([...onData, ...targets]);
    if (code !== 0) {
      const left = chosen.slice(i).map((one) => one.name);
      throw new Error(`${name} failed; go on with: edge-csi figures ${left.join(' ')}`);
    }
    process.stdout.write(`== ${name} took ${((monotonicMs() - startMs) / 60_000).toFixed(1)} min\n`);
  }
}

/** Runs `edge-csi` as a process of its own. @returns its exit code, null where a signal ended it */
async function runToItsEnd(args: readonly string[]): Promise<number | null> {
  const child = spawn(process.execPath, [program, ...args], { stdio: 'inherit' });
  const pass = () => child.kill('SIGTERM');
  // A terminal interrupts the child by itself; what is to be said of it is said once it has ended.
  const wait = () => undefined;
  process.on('SIGTERM', pass).on('SIGINT', wait);
  try {
    const [code] = (await once(child, 'exit')) as [number | null];
    return code;
  } finally {
    process.off('SIGTERM', pass).off('SIGINT', wait);
  }
}
