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
  /** What it needs of the folder of data; nothing where it measures on the sample that ships. */
  readonly files: readonly string[];
  /** Its figures go into a folder of its name: another page has figures of the same names. */
  readonly hasFolder?: true;
  /** Arguments of edge-csi, but for where the result goes. */
  readonly args: (dataDir: string) => readonly string[];
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
  { name: 'link-run', files: [], args: () => ['link-run'] },
  { name: 'encode-latency', files: [], args: () => ['bench', 'latency'] },
  {
    name: 'decoder-cost',
    files: [],
    args: () => [
      ...['bench', 'decoder', '--rounds', '7', '--seconds', '1'],
      ...['--models', `dualnet-mag-minmax-m128,${magModels(128, 43, 384)}`],
    ],
  },
  { name: 'simulator', files: [], args: () => ['bench', 'simulator'] },
  { name: 'ageing', files: [], args: () => ['bench', 'ageing'] },
  {
    name: 'throughput-gain',
    files: [],
    args: () => ['bench', 'throughput-gain', '--models', magModels(16, 43, 128, 384)],
  },
  {
    name: 'accuracy',
    files: [test],
    args: (dataDir) => ['bench', 'accuracy', '--data', path.join(dataDir, test)],
  },
  {
    name: 'accuracy-by-snr',
    files: [test],
    hasFolder: true,
    args: (dataDir) => [
      ...['bench', 'accuracy', '--by', 'snr', '--models', magModels(16, 43, 128, 384)],
      ...['--data', path.join(dataDir, test)],
    ],
  },
  {
    name: 'dense-study',
    files: [train, test],
    args: (dataDir) => [
      ...['bench', 'dense', '--models', magModels(4, 8, 16, 43, 64, 128, 384)],
      ...['--data', path.join(dataDir, test), '--samples', '600'],
      ...['--baselines-from', path.join(dataDir, train), '--fit-samples', '12000'],
    ],
  },
  {
    name: 'rate-distortion',
    files: [train, select, test],
    args: (dataDir) => [
      ...['bench', 'rate-distortion', '--models', magModels(4, 8, 16, 43, 64, 128, 256, 384)],
      ...['--data', path.join(dataDir, test), '--samples', '800', '--select', path.join(dataDir, select)],
      ...['--baselines-from', path.join(dataDir, train)],
    ],
  },
  {
    name: 'server-load',
    files: [],
    args: () => ['bench', 'server', '--models', magModels(384, 128, 43), '--seconds', '20'],
  },
  { name: 'cluster', files: [], args: () => ['bench', 'cluster'] },
  { name: 'soak', files: [], args: () => ['bench', 'soak', '--models', magModels(43), '--seconds', '1200'] },
];

const program = fileURLToPath(new URL('../../bin/edge-csi.js', import.meta.url));

/** `edge-csi figures`: measures what the documents show, page by page. */
export function addFigures(parent: CommandUnknownOpts) {
  return parent
    .command('figures')
    .description('Measure what the documents show, one page after the other, and write pages, figures and results.')
    .argument('[pages...]', `default all: ${documentPages.map(({ name }) => name).join(', ')}`)
    .option('--data-dir <dir>', 'folder of cost2100-indoor-train.npz, -val.npz and -test.npz, which some pages need')
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
  for (const file of new Set(chosen.flatMap(({ files }) => files))) {
    if (dataDir === undefined) {
      const apart = documentPages.filter(({ files }) => files.length === 0).map(({ name }) => name);
      throw new UsageError(`give --data-dir, a folder with ${file}; without it there are ${apart.join(', ')}`);
    }
    await access(path.join(dataDir, file)).catch((cause: unknown) => {
      throw new UsageError(`--data-dir is '${dataDir}', which has no ${file}`, { cause });
    });
  }
  await mkdir(out, { recursive: true });
  for (const [i, { name, args, hasFolder }] of chosen.entries()) {
    const targets = [
      '--svg',
      hasFolder ? path.join(out, name) : out,
      '--markdown',
      path.join(out, `${name}.md`),
      '--json',
      path.join(out, `${name}.json`),
    ];
    process.stdout.write(`== ${name} (${i + 1} of ${chosen.length})\n`);
    const startMs = monotonicMs();
    const code = await runToItsEnd([...args(dataDir ?? ''), ...targets]);
    if (code !== 0) {
      const left = chosen.slice(i).map((page) => page.name);
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
