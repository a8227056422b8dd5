import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { compareMetrics, type Metric, type MetricChange } from '@edge-csi/lab/metrics';
import { UsageError } from '@edge-csi/lab/usage-error';
import { renderTable } from '@edge-csi/report';

/** A saved run to compare with, as `bench --json` wrote it. */
export interface Baseline {
  readonly name: string;
  readonly command: string;
  readonly cpu: string;
  readonly metrics: readonly Metric[];
}

/** What became of the metrics of a saved run. */
export interface BaselineComparison {
  readonly baseline: string;
  readonly changes: readonly MetricChange[];
  /** Names of saved metrics that this run did not measure. */
  readonly missing: readonly string[];
}

/**
 * Reads a saved run of a suite.
 *
 * @throws UsageError where the file is none, is of another suite, or is no whole run.
 */
export async function readBaseline(file: string, suite: string): Promise<Baseline> {
  const saved = await readJson(file);
  if (saved.schema !== 'edge-csi/bench@1' || !Array.isArray(saved.metrics) || !saved.metrics.every(isMetric)) {
    throw new UsageError(`--baseline is '${file}', which has no metrics; give a file that bench --json has written`);
  }
  if (saved.suite !== suite) {
    throw new UsageError(`--baseline is '${file}', a run of bench ${saved.suite}; give one of bench ${suite}`);
  }
  if (saved.partial === true) {
    throw new UsageError(`--baseline is '${file}', the partial result of a run that was interrupted; give a whole one`);
  }
  const { cpu } = (saved.environment ?? {}) as { cpu?: unknown };
  return { name: path.basename(file), command: String(saved.command), cpu: String(cpu), metrics: saved.metrics };
}

async function readJson(file: string): Promise<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--baseline is '${file}', which cannot be read as JSON: ${reason}`, { cause });
  }
}

function isMetric(value: unknown): value is Metric {
  const { name, value: figure, better, tolerance } = (value ?? {}) as Partial<Record<keyof Metric, unknown>>;
  const direction = better === 'lower' || better === 'higher';
  return typeof name === 'string' && typeof figure === 'number' && direction && typeof tolerance === 'number';
}

/** Holds the metrics of a run to those of a saved one. @param seed - of the bootstrap */
export function compareWith(baseline: Baseline, metrics: readonly Metric[], seed: number): BaselineComparison {
  const measured = new Set(metrics.map(({ name }) => name));
  return {
    baseline: baseline.name,
    changes: compareMetrics(metrics, baseline.metrics, seed),
    missing: baseline.metrics.map(({ name }) => name).filter((name) => !measured.has(name)),
  };
}

/** What changed, as a table, and how much did not. */
export function renderComparison({ changes, missing }: BaselineComparison, baseline: Baseline, cpu: string): string {
  const changed = changes.filter(({ verdict }) => verdict !== 'same');
  const rows = changed.map(({ name, saved, current, verdict, changeInterval }) => {
    const change = current - saved;
    const interval = changeInterval === undefined ? '' : ` [${changeInterval.map(short).join(', ')}]`;
    return [name, short(saved), short(current), `${change > 0 ? '+' : ''}${short(change)}${interval}`, verdict];
  });
  const same = changes.length - changed.length;
  const notes = [
    `Compared with ${baseline.name} (${baseline.command}): ${same} of ${changes.length} metrics as they were.`,
    ...(missing.length > 0 ? [`Not measured this time: ${missing.join(', ')}.`] : []),
    ...(cpu === baseline.cpu ? [] : [`That was on another machine (${baseline.cpu}): speeds do not compare.`]),
  ];
  const table = rows.length === 0 ? [] : [renderTable(['metric', 'saved', 'now', 'change', ''], rows)];
  return [notes.join(' '), ...table].join('\n\n');
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
