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
    '# The way over a broker',
    `${measuredBy('cpu', loadBefore)} What is measured, and what follows: [scale-out.md](scale-out.md).`,
    `## Beside one process\n\n${pathTable(runs)}`,
    `## What one gateway takes\n\n${ingestTable(runs)}`,
    `## Ten million UEs\n\n${siteTable(runs)}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function pathTable(runs: readonly ClusterRun[]): string {
  const header = [
    'model',
    'way',
    'decoded',
    'p50 / p99 ms',
    'server or gateway',
    'worker',
    'broker',
    'CPU us a report',
  ];
  const rows = runs.flatMap((run) => [
    pathRow(run.model, 'one process', run.inProcess),
    pathRow(run.model, 'over NATS', run.overBroker),
  ]);
  return markdownTable([...header, 'bytes a report into / out of the broker'], rows);
}

function pathRow(model: string, way: string, costs: readonly PathCost[]): string[] {
  const reports = costs.reduce((sum, cost) => sum + cost.reports, 0);
  const decoded = costs.reduce((sum, cost) => sum + cost.decoded, 0);
  const cpu = (name: string) => median(costs.map(({ cpuUs }) => cpuUs[name] ?? 0));
  const front = cpu('server') + cpu('gateway');
  const bytes = costs[0]?.brokerBytes;
  const latency = (['p50', 'p99'] as const).map((name) =>
    median(costs.map(({ latencyMs }) => latencyMs[name])).toFixed(2),
  );
  return [
    model,
    way,
    `${decoded} of ${reports}`,
    latency.join(' / '),
    front.toFixed(0),
    bytes === undefined ? '-' : cpu('worker').toFixed(0),
    bytes === undefined ? '-' : cpu('broker').toFixed(0),
    (front + cpu('worker') + cpu('broker')).toFixed(0),
    bytes === undefined ? '-' : `${bytes.in.toFixed(0)} / ${bytes.out.toFixed(0)}`,
  ];
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
    ingest.map(({ uplinks, reportsPerSecond, gatewayCpuUs, reportsPerCpuSecond }) => [
      model,
      uplinks ? 'with their uplinks' : 'alone',
      reportsPerSecond.toFixed(0),
      gatewayCpuUs.toFixed(1),
      reportsPerCpuSecond.toFixed(0),
    ]),
  );
  return markdownTable(header, rows);
}

/** Cores and bandwidth of a site by the constants above, on paper. */
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
      const cores = (name: string) =>
        (perSecond * median(overBroker.map(({ cpuUs }) => cpuUs[name] ?? 0))) / 1e6 / coreShare;
      const bytes = median(overBroker.map(({ brokerBytes }) => (brokerBytes?.in ?? 0) + (brokerBytes?.out ?? 0)));
      return [
        model,
        `${periodMs} ms`,
        `${(perSecond / 1e6).toFixed(1)} M`,
        cores('gateway').toFixed(0),
        cores('worker').toFixed(0),
        cores('broker').toFixed(0),
        `${((perSecond * bytes * 8) / 1e12).toFixed(2)} Tbit/s`,
      ];
    }),
  );
  return markdownTable(header, rows);
}

const median = lowerMedian;
