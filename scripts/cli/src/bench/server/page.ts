import { lowerMedian } from '@edge-csi/lab/metrics';
import {
  cdfPlot,
  type Figure,
  fixed,
  type PageContent,
  type PlotSeries,
  type Section,
  type Table,
} from '@edge-csi/report';
import type { Ingest } from './ingest.ts';
import type { OpenLoop } from './open-loop.ts';
import type { Saturation } from './saturation.ts';

/** The server with one model: what it decodes, what it takes in, and how long reports take. */
export interface ServerRun extends Saturation {
  readonly model: string;
  /** Absent in results of versions that did not record it. */
  readonly family?: string;
  /** Null of path reports, as the length of the codeword. */
  readonly reduction: number | null;
  readonly codewordLength: number | null;
  readonly pruned: boolean;
  readonly ues: number;
  readonly batchSize: number;
  readonly intraOpNumThreads: number;
  readonly decodeWorkers: number;
  /** None of path reports: there is no decoder to put in the place of one that costs nothing. */
  readonly ingest: readonly Ingest[];
  readonly openLoop: OpenLoop;
}

/** Load on a BS server as a page. */
export function serverPage({ runs }: { readonly runs: readonly ServerRun[] }): PageContent {
  const [first] = runs;
  return {
    title: 'Load on a BS server',
    lead:
      `Server, load generator, PHY feed and subscriber share one machine; decoder on ${first?.intraOpNumThreads ?? 1} ` +
      'thread. What is measured, and how: docs/benchmarks.md.',
    sections: [
      {
        title: 'Saturation',
        text: 'Raw: the decoder alone, networks on ready-made tensors, path reports ready-made. Through sockets: estimates that reach a subscriber.',
        tables: [saturationTable(runs)],
      },
      {
        title: 'Latency in an open loop',
        text: 'From the time a report was due to its estimate at a subscriber; load is relative to saturation.',
        tables: [openLoopTable(runs)],
        figures: [latencyFigure(runs), throughputFigure(runs), ...runs.flatMap(distributionFigure)],
      },
      { title: 'Half load beside a report alone', tables: [halfLoadTable(runs)] },
      ...(runs.some(({ ingest }) => ingest.length > 0) ? [ingestSection(runs)] : []),
    ],
  };
}

/** Latency percentiles against offered load: one line of each a model. */
function latencyFigure(runs: readonly ServerRun[]): Figure {
  const lines = (line: PlotSeries['line'], pick: 'p50' | 'p99') =>
    runs.map(
      ({ model, openLoop }): PlotSeries => ({
        name: `${model}, ${pick}`,
        group: model,
        line,
        colour: 'ordered',
        points: openLoop.levels.map(({ load, latencyMs }) => ({ x: load, y: latencyMs[pick] })),
      }),
    );
  return {
    name: 'server-load',
    caption:
      'p50 solid, p99 dashed with open markers, of the reports that were decoded; latency is on a logarithmic axis.',
    drawing: {
      kind: 'lines',
      title: 'Latency against offered load',
      subtitle: 'Open loop, from the time a report was due to its estimate at a subscriber',
      x: { title: 'Offered load over saturation', scale: 'linear' },
      y: { title: 'Latency (ms)', scale: 'log' },
      markers: true,
      series: [...lines('solid', 'p50'), ...lines('dashed', 'p99')],
    },
  };
}

function throughputFigure(runs: readonly ServerRun[]): Figure {
  const most = Math.max(...runs.flatMap(({ openLoop }) => openLoop.levels.map((level) => level.offeredPerSecond)));
  return {
    name: 'server-throughput',
    caption: 'Estimates that reach a subscriber, against reports offered. Dotted: as many as are offered.',
    drawing: {
      kind: 'lines',
      title: 'Throughput against offered load',
      subtitle: 'Open loop, the offered load going beyond what the server decodes',
      x: { title: 'Offered (reports/s)', scale: 'linear', fromZero: true },
      y: { title: 'Decoded (reports/s)', scale: 'linear', fromZero: true },
      markers: true,
      series: [
        ...runs.map(
          ({ model, openLoop }): PlotSeries => ({
            name: model,
            line: 'solid',
            colour: 'ordered',
            points: openLoop.levels.map((level) => ({ x: level.offeredPerSecond, y: level.achievedPerSecond })),
          }),
        ),
        {
          name: 'all that is offered',
          line: 'solid',
          colour: 'reference',
          points: [0, most].map((rate) => ({ x: rate, y: rate })),
        },
      ],
    },
  };
}

function distributionFigure({ model, openLoop: { levels } }: ServerRun): Figure[] {
  const recorded = levels.filter(({ latencyDistribution }) => latencyDistribution !== undefined);
  if (recorded.length === 0) return [];
  return [
    {
      name: `server-latency-${model}`,
      caption: 'Of the reports that were decoded; time is on a logarithmic axis.',
      drawing: cdfPlot(
        `Latency at each load, ${model}`,
        'Share of the reports that took no longer, from the time they were due',
        recorded.map(({ load, latencyDistribution }) => ({
          name: `load ${load}`,
          distribution: latencyDistribution,
        })),
        'ordered',
      ),
    },
  ];
}

function saturationTable(runs: readonly ServerRun[]): Table {
  const header = ['model', 'batch', 'UEs', 'raw reports/s', 'through sockets', 'fraction', 'p50 / p99 ms'];
  const rows = runs.map((run) => [
    run.model,
    String(run.batchSize),
    String(run.ues),
    fixed(lowerMedian(run.rawReportsPerSecond), 0),
    fixed(run.throughputPerSecond, 0),
    fixed(run.fraction, 3),
    `${fixed(run.latencyMs.p50, 1)} / ${fixed(run.latencyMs.p99, 1)}`,
  ]);
  return { header, rows };
}

function openLoopTable(runs: readonly ServerRun[]): Table {
  const header = ['model', 'load', 'offered/s', 'achieved/s', 'p50 / p99 / p99.9 ms', 'of which generator, p50 / p99'];
  const shares = ['superseded', 'late', 'shed', 'unanswered'] as const;
  const rows = runs.flatMap(({ model, openLoop }) =>
    openLoop.levels.map((level) => [
      model,
      fixed(level.load, 2),
      fixed(level.offeredPerSecond, 0),
      fixed(level.achievedPerSecond, 0),
      [level.latencyMs.p50, level.latencyMs.p99, level.latencyMs.p999].map((ms) => fixed(ms, 1)).join(' / '),
      `${fixed(level.sendLagMs.p50, 1)} / ${fixed(level.sendLagMs.p99, 1)}`,
      ...shares.map((share) => `${fixed(100 * level.shares[share], 1)} %`),
      fixed(level.meanBatchSize, 1),
    ]),
  );
  return { header: [...header, ...shares, 'mean batch'], rows };
}

function halfLoadTable(runs: readonly ServerRun[]): Table {
  const rows = runs.map(({ model, openLoop: { aloneMs, levels, halfLoadRatio } }) => [
    model,
    fixed(aloneMs.p50, 2),
    fixed(levels.find(({ load }) => load === 0.5)?.latencyMs.p50, 2),
    fixed(halfLoadRatio, 2),
  ]);
  return { header: ['model', 'a report alone, p50 ms', 'at half load, p50 ms', 'ratio'], rows };
}

function ingestSection(runs: readonly ServerRun[]): Section {
  return {
    title: 'Ingest',
    text: 'Reports that one server process takes in where decoding costs nothing.',
    tables: [ingestTable(runs)],
  };
}

function ingestTable(runs: readonly ServerRun[]): Table {
  const rows = runs.flatMap(({ model, ingest }) =>
    ingest.map((variant) => [
      model,
      variant.uplinksAndSubscriber ? 'with uplinks and a subscriber' : 'reports alone',
      fixed(lowerMedian(variant.reportsPerSecond), 0),
      fixed(lowerMedian(variant.serverCpuUsPerReport), 0),
      fixed(variant.reportsPerServerCpuSecond, 0),
    ]),
  );
  const header = ['model', 'traffic', 'reports/s', "server thread's CPU us a report", 'reports a CPU second'];
  return { header, rows };
}
