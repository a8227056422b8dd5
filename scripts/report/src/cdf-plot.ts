import type { LatencyDistribution } from '@edge-csi/lab/metrics/latency';
import type { LinePlot, PlotSeries } from './line-plot.ts';

/** One distribution of a plot. */
export interface CdfSeries {
  readonly name: string;
  /** Absent in results of versions that did not record it: left out. */
  readonly distribution: LatencyDistribution | undefined;
}

/** Shortest time drawn: the axis is logarithmic. */
const leastMs = 0.01;

/** Distribution functions of latencies on one logarithmic axis. @param colour - whether the series have an order */
export function cdfPlot(
  title: string,
  subtitle: string,
  series: readonly CdfSeries[],
  colour: PlotSeries['colour'],
): LinePlot {
  return {
    kind: 'lines',
    title,
    subtitle,
    x: { title: 'Latency (ms)', scale: 'log' },
    y: {
      title: 'Share of reports no slower',
      scale: 'linear',
      ticks: [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1],
      fromZero: true,
    },
    markers: false,
    series: series.flatMap(({ name, distribution }) =>
      distribution === undefined
        ? []
        : [
            {
              name,
              line: 'solid' as const,
              colour,
              points: distribution.ms.map((ms, i) => ({
                x: Math.max(leastMs, ms),
                y: distribution.shares[i] ?? Number.NaN,
              })),
            },
          ],
    ),
  };
}
