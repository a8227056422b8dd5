import path from 'node:path';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { sampleData } from '@edge-csi/lab/data';
import type { Metric } from '@edge-csi/lab/metrics';
import type { ReportManifest } from '@edge-csi/models';
import { type Page, type PageContent, type Provenance, renderTextSections } from '@edge-csi/report';
import { eachUntilInterrupted, Interrupted, withInterruption } from '../interruption.ts';
import type { OptionsOf } from '../options/command.ts';
import { describeSkipped, type SkippedModel } from '../options/fitting-models.ts';
import { zooOption } from '../options/models.ts';
import { jsonOption, withPage, writeJson, writePage } from '../options/output.ts';
import { finite, integer, list, seedOption } from '../options/parse.ts';
import { withProgress } from '../progress.ts';
import { commandLine, describeEnvironment, describeStart } from '../provenance.ts';
import { type BaselineComparison, compareWith, readBaseline, renderComparison } from './baseline.ts';

/** What `bench --json` writes, beside the suite's own fields. */
export interface BenchReport extends Provenance {
  readonly schema: 'edge-csi/bench@1';
  readonly suite: string;
  /** Set where the run was interrupted: figures are of what was measured until then. */
  readonly partial?: true;
  /** Absent in results of versions that did not record it. */
  readonly peakRssMib?: number;
  /** What a later run is held to. Absent in results of versions that did not record it. */
  readonly metrics?: readonly Metric[];
  /** With the run that `--baseline` names. */
  readonly comparison?: BaselineComparison;
}

/** Declares a suite of `bench` with what every suite has. @param models - which it measures where none is named */
export function suite(bench: CommandUnknownOpts, name: string, models: string) {
  return withPage(bench.command(name))
    .option(...zooOption())
    .option('--models <ids>', `models to measure; default ${models}`, list)
    .option(...seedOption)
    .option('--baseline <file>', 'compare with a run that --json has written; exit code 1 where a figure is worse')
    .option(...jsonOption);
}

/** Samples whose reports are sent over and over, at most, where speeds are measured. */
export const bankedSamples = 256;

/** How a suite that measures speeds does. */
export const uesOption = ['--ues <n>', 'UEs', integer(1, 1024), 64] as const;
export const batchSizeOption = ['--batch-size <n>', 'reports decoded at once', integer(1, 256), 16] as const;
export const roundsOption = ['--rounds <n>', 'measurements of each, in turn', integer(1, 100), 3] as const;
export const secondsOption = ['--seconds <s>', 'length of one measurement', finite(0.1, 1e6), 4] as const;

/** Samples that classical schemes are fitted on unless told otherwise: about as many as the networks were trained on. */
export const fitSamplesOption = [
  '--fit-samples <n>',
  'samples of --baselines-from, spread over it, at most',
  integer(2, 1e7),
  50_000,
] as const;

/** What `suite` declares, and what only some suites do. */
type SuiteOptions = OptionsOf<typeof suite> & { readonly data?: string; readonly provider?: string };

/** Fields of the JSON. Problems, where a suite looks for some, make the command fail once they are written. */
interface Measured {
  readonly metrics: readonly Metric[];
  readonly problems?: readonly string[];
  /** What was measured on, where it is not the file of `--data`. */
  readonly data?: string;
  /** Models that nobody named and that the data do not fit. */
  readonly skipped?: readonly SkippedModel[];
}

/**
 * Runs a suite: measures, shows what it found, writes it, and holds it to a saved run.
 *
 * @param measure - returns early with what it has once its signal is aborted
 * @param pageOf - what there is to show of the fields of the JSON
 * @throws Interrupted once the part that was measured is written
 */
export async function runSuite<Options extends SuiteOptions, Result extends Measured>(
  name: string,
  options: Options,
  measure: (options: Options, signal: AbortSignal) => Promise<Result>,
  pageOf: (result: Result, data: string) => PageContent,
): Promise<void> {
  const { seed, json } = options;
  const baseline = options.baseline === undefined ? undefined : await readBaseline(options.baseline, name);
  const start = describeStart();
  const { result, isPartial } = await withInterruption(async (signal) => {
    return { result: await measure(options, signal), isPartial: signal.aborted };
  });
  const data = result.data ?? path.basename(options.data ?? sampleData);
  const page = pageOf(result, data);
  const content = { ...page, lead: [page.lead, describeSkipped(result.skipped ?? [])].join(' ').trim() };
  process.stdout.write(`${content.lead}\n\n${renderTextSections(content.sections)}\n`);
  const environment = describeEnvironment(options.provider ?? 'cpu');
  // JSON has no number for what was not measured.
  const metrics = result.metrics.filter(({ value }) => Number.isFinite(value));
  // Of a part of the samples, figures are others.
  const comparison = baseline && !isPartial ? compareWith(baseline, metrics, seed) : undefined;
  const report: BenchReport = {
    schema: 'edge-csi/bench@1',
    suite: name,
    seed,
    data,
    ...(isPartial && { partial: true }),
    command: commandLine(),
    ...start,
    environment,
    peakRssMib: process.resourceUsage().maxRSS / 1024,
    ...result,
    metrics,
    ...(comparison && { comparison }),
  };
  await writeJson(json, report);
  if (isPartial) {
    // A page of some earlier, whole run stays.
    const file = json === undefined ? '' : `, and in ${json}`;
    throw new Interrupted(`interrupted; what was measured until then is above${file}`);
  }
  await writePage(withProvenance(content, report), options);
  if (result.problems !== undefined && result.problems.length > 0) throw new Error(result.problems.join('; '));
  if (baseline === undefined || comparison === undefined) return;
  process.stdout.write(`\n${renderComparison(comparison, baseline, environment.cpu)}\n`);
  const worse = comparison.changes.filter(({ verdict }) => verdict === 'worse').map(({ name }) => name);
  if (worse.length > 0) throw new Error(`worse than in ${baseline.name}: ${worse.join(', ')}`);
}

/** Measures models in turn, until an interruption. */
export function eachModel<M extends ReportManifest, Result>(
  manifests: readonly M[],
  signal: AbortSignal,
  measure: (manifest: M) => Promise<Result>,
): Promise<Result[]> {
  let done = 0;
  return withProgress('models', manifests.length, (onProgress) =>
    eachUntilInterrupted(manifests, signal, async (manifest) => {
      const result = await measure(manifest);
      onProgress(++done);
      return result;
    }),
  );
}

/** A page of what a suite has to show and where it was measured. */
export function withProvenance({ lead, ...rest }: PageContent, report: BenchReport): Page {
  const cut = report.partial ? ' The run was interrupted: figures are of what was measured until then.' : '';
  return { ...rest, lead: lead + cut, provenance: report };
}
