import { lowerMedian } from '@edge-csi/lab/metrics';
import type { Figure, PageContent, PlotSeries, Table } from '@edge-csi/report';
import type { GatewayIngest } from './gateway-ingest.ts';
import type { PathCost } from './path-cost.ts';

/** What the way over a broker costs for one model, one entry a round. */
export interface ClusterRun {
  readonly model: string;
  readonly ratePerSecond: number;
  readonly ues: number;
  readonly inProcess: readonly PathCost[];
  readonly overBroker: readonly PathCost[];
  readonly ingest: readonly GatewayIngest[];
}

/** Offered by a site, for the estimate. */
const siteUes = 10_000_000;
const sitePeriodsMs = [40, 320];
/** Usable share of a core: the rest is for peaks. */
const coreShare = 0.6;

/** What a site over NATS costs, as a page. */
export function clusterPage({ runs }: { readonly runs: readonly ClusterRun[] }): PageContent {
  return {
    title: 'What a site over NATS costs',
    lead: 'Gateway, broker and worker, each a process, beside one process that does all. What is measured, and what follows: docs/scale-out.md.',
    sections: [
      { title: 'One report at a time', tables: [openLoopTable(runs)], figures: [latencyFigure(runs)] },
      { title: 'As fast as reports are answered', tables: [saturatedTable(runs)] },
      { title: 'What one gateway takes', tables: [ingestTable(runs)] },
      { title: 'Ten million UEs', tables: [siteTable(runs)] },
    ],
  };
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

function openLoopTable(runs: readonly ClusterRun[]): Table {
  const rows = ways(runs, (costs) => {
    const sum = (name: 'decoded' | 'reports') => costs.reduce((total, { openLoop }) => total + openLoop[name], 0);
    const latency = (name: 'p50' | 'p99') => lowerMedian(costs.map(({ openLoop }) => openLoop.latencyMs[name]));
    const times = `${latency('p50').toFixed(2)} / ${latency('p99').toFixed(1)}`;
    return [`${sum('decoded')} of ${sum('reports')}`, times, ...cpuCells(costs, 'openLoop')];
  });
  return { header: ['model', 'way', 'decoded', 'p50 / p99 ms', ...cpuHeader], rows };
}

/** Latency of every round: how far rounds differ is how far the ways may be told apart. */
function latencyFigure(runs: readonly ClusterRun[]): Figure {
  const lines = (way: string, costsOf: (run: ClusterRun) => readonly PathCost[]) =>
    (['p50', 'p99'] as const).flatMap((pick) =>
      runs.map((run): PlotSeries => {
        const group = `${run.model}, ${way}`;
        const points = costsOf(run).map(({ openLoop }, i) => ({ x: i + 1, y: openLoop.latencyMs[pick] }));
        return {
          name: `${group}, ${pick}`,
          group,
          line: pick === 'p50' ? 'solid' : 'dashed',
          colour: 'category',
          points,
        };
      }),
    );
  const rounds = Math.max(...runs.map(({ overBroker }) => overBroker.length));
  return {
    name: 'cluster-latency',
    caption: 'p50 solid, p99 dashed with open markers, of each round.',
    drawing: {
      kind: 'lines',
      title: 'One report at a time: one process beside a site over NATS',
      subtitle: 'From the time a report was due to its estimate at a subscriber',
      x: { title: 'Round', scale: 'linear', ticks: Array.from({ length: rounds }, (_, i) => i + 1) },
      y: { title: 'Latency (ms)', scale: 'log' },
      markers: true,
      series: [
        ...lines('one process', ({ inProcess }) => inProcess),
        ...lines('over NATS', ({ overBroker }) => overBroker),
      ],
    },
  };
}

function saturatedTable(runs: readonly ClusterRun[]): Table {
  const rows = ways(runs, (costs) => {
    const perSecond = lowerMedian(costs.map(({ saturated }) => saturated.reportsPerSecond));
    const [into, out] = [bytesOf(costs, 'in'), bytesOf(costs, 'out')];
    const bytes = into === 0 ? '-' : `${into.toFixed(0)} / ${out.toFixed(0)}`;
    return [perSecond.toFixed(0), ...cpuCells(costs, 'saturated'), bytes];
  });
  return { header: ['model', 'way', 'reports/s', ...cpuHeader, 'bytes a report into / out of the broker'], rows };
}

function ingestTable(runs: readonly ClusterRun[]): Table {
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
  return { header, rows };
}

/** Cores and bandwidth of a site by the constants under full load, on paper. */
function siteTable(runs: readonly ClusterRun[]): Table {
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
  return { header, rows };
}
