import { markdownTable } from '../../markdown-table.ts';
import { measuredBy } from '../../measured-by.ts';
import { lowerMedian } from '../lower-median.ts';
import type { ClusterRun } from './cluster-suite.ts';
import type { PathCost } from './path-cost.ts';

/** Offered by a site, for the estimate. */
const siteUes = 10_000_000;
const sitePeriodsMs = [40, 320];
/** Usable share of a core: the rest is for peaks. */
const coreShare = 0.6;

/** The suite's figures as a Markdown page. */
export function renderClusterPage(runs: readonly ClusterRun[], loadBefore: number): string {
  const sections = [
    '# What a site over NATS costs',
    `${measuredBy('cpu', loadBefore)} What is measured, and what follows: [scale-out.md](scale-out.md).`,
    `## One report at a time\n\n${openLoopTable(runs)}`,
    `## As fast as reports are answered\n\n${saturatedTable(runs)}`,
    `## What one gateway takes\n\n${ingestTable(runs)}`,
    `## Ten million UEs\n\n${siteTable(runs)}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

/** Both ways of every model. */
function ways(runs: readonly ClusterRun[], row: (costs: readonly PathCost[]) => readonly string[]): string[][] {
  return runs.flatMap(({ model, inProcess, overBroker }) => [
    [model, 'one process', ...row(inProcess)],
    [model, 'over NATS', ...row(overBroker)],
  ]);
}

const cpuHeader = ['server or gateway, CPU us a report', 'broker', 'worker', 'together'];

function cpuCells(costs: readonly PathCost[], load: 'openLoop' | 'saturated'): string[] {
  const cpu = (name: string) => cpuOf(costs, load, name);
  const front = cpu('server') + cpu('gateway');
  const cell = (value: number) => (value === 0 ? '-' : value.toFixed(0));
  return [cell(front), cell(cpu('broker')), cell(cpu('worker')), cell(front + cpu('broker') + cpu('worker'))];
}

function cpuOf(costs: readonly PathCost[], load: 'openLoop' | 'saturated', name: string): number {
  return lowerMedian(costs.map((cost) => cost[load].cpuUs[name] ?? 0));
}

function bytesOf(costs: readonly PathCost[], direction: 'in' | 'out'): number {
  return lowerMedian(costs.map(({ saturated }) => saturated.brokerBytes?.[direction] ?? 0));
}

function openLoopTable(runs: readonly ClusterRun[]): string {
  const rows = ways(runs, (costs) => {
    const sum = (name: 'decoded' | 'reports') => costs.reduce((total, { openLoop }) => total + openLoop[name], 0);
    const latency = (name: 'p50' | 'p99') => lowerMedian(costs.map(({ openLoop }) => openLoop.latencyMs[name]));
    const times = `${latency('p50').toFixed(2)} / ${latency('p99').toFixed(1)}`;
    return [`${sum('decoded')} of ${sum('reports')}`, times, ...cpuCells(costs, 'openLoop')];
  });
  return markdownTable(['model', 'way', 'decoded', 'p50 / p99 ms', ...cpuHeader], rows);
}

function saturatedTable(runs: readonly ClusterRun[]): string {
  const rows = ways(runs, (costs) => {
    const perSecond = lowerMedian(costs.map(({ saturated }) => saturated.reportsPerSecond));
    const [into, out] = [bytesOf(costs, 'in'), bytesOf(costs, 'out')];
    const bytes = into === 0 ? '-' : `${into.toFixed(0)} / ${out.toFixed(0)}`;
    return [perSecond.toFixed(0), ...cpuCells(costs, 'saturated'), bytes];
  });
  return markdownTable(['model', 'way', 'reports/s', ...cpuHeader, 'bytes a report into / out of the broker'], rows);
}

function ingestTable(runs: readonly ClusterRun[]): string {
  const header = [
    'model',
    'reports in messages of 32',
    'answers',
    'reports/s',
    "gateway's CPU us a report",
    'reports a CPU second',
  ];
  const rows = runs.flatMap(({ model, ingest }) =>
    ingest.map(({ uplinks, estimates, reportsPerSecond, gatewayCpuUs, reportsPerCpuSecond }) => [
      model,
      uplinks ? 'with their uplinks' : 'alone',
      estimates ? 'with estimates' : 'without',
      reportsPerSecond.toFixed(0),
      gatewayCpuUs.toFixed(1),
      reportsPerCpuSecond.toFixed(0),
    ]),
  );
  return markdownTable(header, rows);
}

/** Cores and bandwidth of a site by the constants under full load, on paper. */
function siteTable(runs: readonly ClusterRun[]): string {
  const header = [
    'model',
    'report period',
    'reports/s',
    'gateway cores',
    'worker cores',
    'broker cores',
    'through brokers',
  ];
  const rows = runs.flatMap(({ model, overBroker }) =>
    sitePeriodsMs.map((periodMs) => {
      const perSecond = (siteUes * 1000) / periodMs;
      const cores = (name: string) => (perSecond * cpuOf(overBroker, 'saturated', name)) / 1e6 / coreShare;
      const bytes = bytesOf(overBroker, 'in') + bytesOf(overBroker, 'out');
      return [
        model,
        `${periodMs} ms`,
        `${(perSecond / 1e6).toFixed(1)} M`,
        ...['gateway', 'worker', 'broker'].map((name) => cores(name).toFixed(0)),
        `${((perSecond * bytes * 8) / 1e12).toFixed(2)} Tbit/s`,
      ];
    }),
  );
  return markdownTable(header, rows);
}
