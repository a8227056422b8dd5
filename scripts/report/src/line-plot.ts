import type { LatencyDistribution } from '@edge-csi/lab/metrics';
import { finitePoints, renderSpec, specOf } from './line-spec.ts';
import type { LinePlot, PlotSeries } from './plot.ts';
import type { Table } from './table.ts';

/** Draws lines with a legend as an SVG document without a ground. */
export function renderLinePlot(plot: LinePlot): Promise<string> {
  return renderSpec(specOf(plot));
}

/** The numbers of a plot: a row for every x, a column for every series. */
export function tableOfLinePlot({ x, series }: LinePlot): Table {
  const positions = [...new Set(series.flatMap(({ points }) => finitePoints(points).map((point) => point.x)))];
  return {
    header: [x.title, ...series.map(({ name }) => name)],
    rows: positions
      .sort((a, b) => a - b)
      .map((position) => [
        shown(position),
        ...series.map(({ points }) => {
          const point = finitePoints(points).find((candidate) => candidate.x === position);
          return point === undefined ? '' : shown(point.y);
        }),
      ]),
  };
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

/** Shortest time drawn: the axis is logarithmic. */
const leastMs = 0.01;

/** A named distribution; undefined in results of versions that did not record it, and then left out. */
export interface CdfSeries {
  readonly name: string;
  readonly distribution: LatencyDistribution | undefined;
}

/**
 * Distribution functions of latencies on one logarithmic axis.
 *
 * @param colour - whether the series have an order
 */
export function cdfPlot(
  title: string,
  subtitle: string,
  series: readonly CdfSeries[],
  colour: PlotSeries['colour'],
): LinePlot {
  const points = ({ ms, shares }: LatencyDistribution) =>
    ms.map((time, i) => ({ x: Math.max(leastMs, time), y: shares[i] ?? Number.NaN }));
  const ticks = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];
  return {
    kind: 'lines',
    title,
    subtitle,
    x: { title: 'Latency (ms)', scale: 'log' },
    y: { title: 'Share of reports no slower', scale: 'linear', ticks, fromZero: true },
    markers: false,
    series: series.flatMap(({ name, distribution }) =>
      distribution === undefined ? [] : [{ name, line: 'solid', colour, points: points(distribution) }],
    ),
  };
}
