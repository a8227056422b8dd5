import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { monotonicMs } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { Command } from 'commander';
import { documentPages } from '../document-pages.ts';
import { requireWritableFolder } from '../json-file.ts';

interface Options {
  readonly dataDir?: string;
  readonly out: string;
}

const program = fileURLToPath(new URL('../../bin/edge-csi.js', import.meta.url));

/** `edge-csi figures`: measures what the documents show, page by page. */
export function figuresCommand(): Command {
  return new Command('figures')
    .description('Measure what the documents show, one page after the other, and write pages, figures and results.')
    .argument('[pages...]', `default all: ${documentPages.map(({ name }) => name).join(', ')}`)
    .option('--data-dir <dir>', 'folder of cost2100-indoor-train.npz, -val.npz and -test.npz, which some pages need')
    .option('--out <dir>', 'folder to write to', path.join('docs', 'figures'))
    .addHelpText(
      'after',
      `
Examples:
  edge-csi figures --data-dir data
  edge-csi figures server-load soak`,
    )
    .action(run);
}

async function run(names: string[], { dataDir, out }: Options): Promise<void> {
  await requireWritableFolder(out, '--out');
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
