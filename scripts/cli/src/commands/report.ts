import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { CsiError } from '@edge-csi/csi';
import { UsageError } from '@edge-csi/lab/usage-error';
import { Command } from 'commander';
import { type BenchReport, benchPage, isBenchSuite } from '../bench/bench-page.ts';
import { linkRunPage } from '../link-run/link-run-page.ts';
import type { LinkRunReport } from '../link-run/result.ts';
import { addPageOptions, type PageTargets, requirePageTargets, writePage } from '../write-page.ts';

/** `edge-csi report`: pages and figures of a result that was saved. */
export function reportCommand(): Command {
  return addPageOptions(new Command('report'))
    .description('Pages and figures of a result that link-run or bench wrote with --json, without measuring again.')
    .argument('<result.json>')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi report run.json --report run.html
  edge-csi report server.json --markdown docs/server-load.md --svg docs`,
    )
    .action(run);
}

async function run(file: string, targets: PageTargets): Promise<void> {
  if (Object.values(targets).every((target) => target === undefined)) {
    throw new UsageError('there is nothing to write; give --report, --svg or --markdown');
  }
  await requirePageTargets(targets);
  await writeResult(await readResult(file), path.basename(file), targets);
}

async function readResult(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new UsageError(`${file} cannot be read; give a file that link-run or bench wrote with --json`, { cause });
  });
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new CsiError('file-format', `${path.basename(file)} is not JSON`, { cause });
  }
}

/** @throws CsiError `file-format` where the file is no result, or not a whole one. */
async function writeResult(result: unknown, name: string, targets: PageTargets): Promise<void> {
  const { schema, suite } = { ...(result as { readonly schema?: unknown; readonly suite?: unknown } | null) };
  const isLinkRun = schema === 'edge-csi/link-run@1';
  if (!isLinkRun && !(schema === 'edge-csi/bench@1' && isBenchSuite(suite))) {
    throw new CsiError('file-format', `${name} is no result of link-run or of a suite of bench (schema ${schema})`);
  }
  try {
    const page = isLinkRun ? linkRunPage(result as LinkRunReport) : benchPage(result as BenchReport);
    await writePage(page, targets);
  } catch (cause) {
    // What a page is made of is read where it is needed; a field that is missing shows there.
    if (!(cause instanceof TypeError)) throw cause;
    throw new CsiError('file-format', `${name} lacks fields that a result of ${schema} has: ${cause.message}`, {
      cause,
    });
  }
}
