import type { ExecutionProvider } from '@edge-csi/bs-server';
import type { LinePlot, PlotSeries } from '../../line-plot.ts';
import { markdownTable } from '../../markdown-table.ts';
import { measuredBy } from '../../measured-by.ts';
import { lowerMedian } from '../lower-median.ts';
import type { ServerRun } from './server-run.ts';

/** The suite's figures as a Markdown page. */
export function renderServerPage(
  runs: readonly ServerRun[],
  provider: ExecutionProvider,
  svg: string | undefined,
  loadBefore: number,
): string {
  const sections = [
    '# Load on a BS server',
    `${measuredBy(provider, loadBefore)} What is measured, and how: [benchmarks.md](benchmarks.md).`,
    `## Saturation\n\n${saturationTable(runs)}`,
    `## Latency in an open loop\n\n${openLoopTable(runs)}`,
    ...(svg === undefined ? [] : [`![Latency against load](${svg})`]),
    `## Half load beside a report alone\n\n${halfLoadTable(runs)}`,
    `## Ingest\n\n${ingestTable(runs)}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Latency percentiles against offered load: one line of each a model. */
export function loadPlot(runs: readonly ServerRun[]): LinePlot {
  const lines = (style: PlotSeries['style'], name: string, pick: 'p50' | 'p99') =>
    runs.map(({ model, openLoop }) => ({
      name: `${model}, ${name}`,
      style,
      points: openLoop.levels.map(({ load, latencyMs }) => ({ x: load, y: latencyMs[pick] })),
    }));
  return {
    title: 'Latency against offered load',
    subtitle: 'Open loop, from the time a report was due to its estimate at a subscriber',
    x: { title: 'Offered load over saturation', scale: 'linear' },
    y: { title: 'Latency (ms)', scale: 'log' },
    series: [...lines('solid', 'p50', 'p50'), ...lines('dashed', 'p99', 'p99')],
  };
}

function saturationTable(runs: readonly ServerRun[]): string {
  const header = ['model', 'batch', 'UEs', 'raw reports/s', 'through sockets', 'fraction', 'p50 / p99 ms'];
  const rows = runs.map((run) => [
    run.model,
    String(run.batchSize),
    String(run.ues),
    lowerMedian(run.rawReportsPerSecond).toFixed(0),
    run.throughputPerSecond.toFixed(0),
    run.fraction.toFixed(3),
    `${run.latencyMs.p50.toFixed(1)} / ${run.latencyMs.p99.toFixed(1)}`,
  ]);
  return markdownTable(header, rows);
}

function openLoopTable(runs: readonly ServerRun[]): string {
  const header = ['model', 'load', 'offered/s', 'achieved/s', 'p50 / p99 / p99.9 ms', 'of which generator, p50 / p99'];
  const shares = ['superseded', 'late', 'shed', 'unanswered'] as const;
  const rows = runs.flatMap(({ model, openLoop }) =>
    openLoop.levels.map((level) => [
      model,
      level.load.toFixed(2),
      level.offeredPerSecond.toFixed(0),
      level.achievedPerSecond.toFixed(0),
      [level.latencyMs.p50, level.latencyMs.p99, level.latencyMs.p999].map((ms) => ms.toFixed(1)).join(' / '),
      `${level.sendLagMs.p50.toFixed(1)} / ${level.sendLagMs.p99.toFixed(1)}`,
      ...shares.map((share) => `${(100 * level.shares[share]).toFixed(1)} %`),
      level.meanBatchSize.toFixed(1),
    ]),
  );
  return markdownTable([...header, ...shares, 'mean batch'], rows);
}

function halfLoadTable(runs: readonly ServerRun[]): string {
  const rows = runs.map(({ model, openLoop: { aloneMs, levels, halfLoadRatio } }) => [
    model,
    aloneMs.p50.toFixed(2),
    (levels.find(({ load }) => load === 0.5)?.latencyMs.p50 ?? Number.NaN).toFixed(2),
    halfLoadRatio.toFixed(2),
  ]);
  return markdownTable(['model', 'a report alone, p50 ms', 'at half load, p50 ms', 'ratio'], rows);
}

function ingestTable(runs: readonly ServerRun[]): string {
  const rows = runs.flatMap(({ model, ingest }) =>
    ingest.map((variant) => [
      model,
      variant.uplinksAndSubscriber ? 'with uplinks and a subscriber' : 'reports alone',
      lowerMedian(variant.reportsPerSecond).toFixed(0),
      variant.serverCpuUsPerReport.length === 0 ? '-' : lowerMedian(variant.serverCpuUsPerReport).toFixed(0),
      variant.reportsPerServerCpuSecond?.toFixed(0) ?? '-',
    ]),
  );
  const header = ['model', 'traffic', 'reports/s', "server thread's CPU us a report", 'reports a CPU second'];
  return markdownTable(header, rows);
}
