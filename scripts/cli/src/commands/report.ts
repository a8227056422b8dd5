import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { CsiError } from '@edge-csi/csi';
import { UsageError } from '@edge-csi/lab/usage-error';
import type { Page, PageContent } from '@edge-csi/report';
import { accuracyPage } from '../bench/accuracy/page.ts';
import { ageingPage } from '../bench/ageing/page.ts';
import { clusterPage } from '../bench/cluster/page.ts';
import { decoderPage } from '../bench/decoder/page.ts';
import { densePage } from '../bench/dense/page.ts';
import { latencyPage } from '../bench/latency/page.ts';
import { movingPage } from '../bench/moving/page.ts';
import { rateDistortionPage } from '../bench/rate-distortion/page.ts';
import { serverPage } from '../bench/server/page.ts';
import { simulatorPage } from '../bench/simulator/page.ts';
import { soakPage } from '../bench/soak/page.ts';
import { type BenchReport, withProvenance } from '../bench/suite.ts';
import { throughputPage } from '../bench/throughput/page.ts';
import { yardstickPage } from '../bench/yardstick/page.ts';
import { linkRunPage } from '../link-run/page.ts';
import type { LinkRunReport } from '../link-run/result.ts';
import { type PageTargets, withPage, writePage } from '../options/output.ts';

/** `edge-csi report`: pages and figures of a result that was saved. */
export function addReport(program: CommandUnknownOpts) {
  return withPage(program.command('report'))
    .description('Pages and figures of a result that link-run or bench wrote with --json, without measuring again.')
    .argument('<result.json>')
    .addHelpText(
      'after',
      `
Examples:
  edge-csi report run.json --report run.html
  edge-csi report server.json --markdown docs/server-load.md --svg docs`,
    )
    .action(async (file, targets) => {
      if (Object.values(targets).every((target) => target === undefined)) {
        throw new UsageError('there is nothing to write; give --report, --svg or --markdown');
      }
      await writeResult(await readResult(file), path.basename(file), targets);
    });
}

/**
 * What each suite has to show, from its fields of the JSON report alone, so that a saved result can be drawn again. Every
 * suite has an entry; its figures need names that no other suite's have.
 */
const suitePages = {
  accuracy: accuracyPage,
  'rate-distortion': rateDistortionPage,
  dense: densePage,
  decoder: decoderPage,
  latency: latencyPage,
  server: serverPage,
  simulator: simulatorPage,
  soak: soakPage,
  yardstick: yardstickPage,
  ageing: ageingPage,
  moving: movingPage,
  'throughput-gain': throughputPage,
  cluster: clusterPage,
} as const;

/** A suite whose result can be shown. */
export type BenchSuite = keyof typeof suitePages;

/** What `bench` writes, of a suite that can be shown. */
export type SuiteReport = BenchReport & { readonly suite: BenchSuite };

/** The result of a suite as a page. @param report - of `bench --json`, all fields */
export function benchPage(report: SuiteReport): Page {
  const pageOf = suitePages[report.suite] as (result: object, data: string) => PageContent;
  return withProvenance(pageOf(report, report.data), report);
}

/** Whether a name is that of a suite with a page. */
export function isBenchSuite(name: unknown): name is BenchSuite {
  return typeof name === 'string' && Object.hasOwn(suitePages, name);
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
    const page = isLinkRun ? linkRunPage(result as LinkRunReport) : benchPage(result as SuiteReport);
    await writePage(page, targets);
  } catch (cause) {
    // What a page is made of is read where it is needed; a field that is missing shows there.
    if (!(cause instanceof TypeError)) throw cause;
    throw new CsiError('file-format', `${name} lacks fields that a result of ${schema} has: ${cause.message}`, {
      cause,
    });
  }
}
