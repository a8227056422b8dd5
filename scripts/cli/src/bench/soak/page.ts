import type { ServerStats } from '@edge-csi/bs-server';
import type { Figure, PageContent, PlotSeries } from '@edge-csi/report';
import type { ChurnCounts } from './traffic.ts';

/** A line through measurements over time. */
export interface Growth {
  readonly perHour: number;
  /** Of `perHour`, as if the measurements were independent. */
  readonly standardError: number;
}

/** The server's memory at one moment. */
export interface SoakPoint {
  readonly atS: number;
  readonly rssMib: number;
  readonly heapUsedMib: number;
  readonly externalMib: number;
}

/** A server under traffic that comes and goes. */
export interface Soak {
  readonly model: string;
  readonly ues: number;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly points: readonly SoakPoint[];
  /** MiB an hour, after the warm-up; absent where the run was too short for a line. */
  readonly rssGrowth: Growth | undefined;
  readonly heapGrowth: Growth | undefined;
  readonly traffic: ChurnCounts & { readonly estimatesReceived: number; readonly reconfigurations: number };
  readonly stats: ServerStats;
  readonly unhandledRejections: number;
  /** What does not add up. Empty where all is well. */
  readonly problems: readonly string[];
}

/** A soak of a BS server as a page. */
export function soakPage({ runs }: { readonly runs: readonly Soak[] }): PageContent {
  return {
    title: 'Soak of a BS server',
    lead: 'One server process under UEs that come and go. What is measured, and how: docs/benchmarks.md.',
    sections: runs.flatMap((run) => {
      const { stats, traffic, points, warmUpSeconds } = run;
      const memory = [
        memoryRow('RSS', points, warmUpSeconds, ({ rssMib }) => rssMib, run.rssGrowth),
        memoryRow('JS heap', points, warmUpSeconds, ({ heapUsedMib }) => heapUsedMib, run.heapGrowth),
      ];
      const counts = [
        ['seconds, UEs, model', `${run.seconds}, ${run.ues}, ${run.model}`],
        ['joins', `${traffic.joins} (${traffic.failedJoins} tried again)`],
        ['left in good order / without a word', `${traffic.leaves} / ${traffic.vanishings}`],
        ['reports sent', String(traffic.sent)],
        ['uplinks sent, gaps of the feed', `${traffic.uplinksSent}, ${traffic.feedGaps}`],
        ['reconfigurations', String(traffic.reconfigurations)],
        ['estimates at the subscriber that keeps up', String(traffic.estimatesReceived)],
        ['estimates passed over for the one that does not', String(stats.estimates.skipped)],
        ['estimates from the uplink alone', String(stats.uplinkOnly.published)],
        ['estimates repeated', String(stats.qualities.held ?? 0)],
      ];
      return [
        { title: 'Do the counts add up?', text: verdict(run) },
        {
          title: 'Memory',
          tables: [{ header: ['memory', 'after warm-up', 'at the end', 'growth'], rows: memory }],
          figures: [memoryFigure(run)],
        },
        { title: 'Traffic', tables: [{ header: ['traffic', ''], rows: counts }] },
      ];
    }),
  };
}

function verdict({ stats, problems }: Soak): string {
  const { received, decoded, superseded, late, shed, invalid } = stats;
  if (problems.length > 0) return `Does not add up: ${problems.join('; ')}.`;
  return (
    `All counts add up: ${received} received = ${decoded} decoded + ${superseded} superseded + ${late} late + ` +
    `${shed} shed + ${invalid} invalid. No unhandled rejection.`
  );
}

function memoryFigure({ points, warmUpSeconds }: Soak): Figure {
  const series = (name: string, pick: (point: SoakPoint) => number): PlotSeries => ({
    name,
    line: 'solid',
    colour: 'category',
    points: points.map((point) => ({ x: point.atS, y: pick(point) })),
  });
  return {
    name: 'soak-memory',
    caption: `Of the server's process, every second. Growth is fitted from ${warmUpSeconds} s on.`,
    drawing: {
      kind: 'lines',
      title: 'Memory of the server',
      subtitle: 'UEs join, leave and break off throughout',
      x: { title: 'Time (s)', scale: 'linear', fromZero: true },
      y: { title: 'Memory (MiB)', scale: 'linear', fromZero: true },
      markers: false,
      series: [
        series('resident', ({ rssMib }) => rssMib),
        series('JS heap', ({ heapUsedMib }) => heapUsedMib),
        series('outside the heap', ({ externalMib }) => externalMib),
      ],
    },
  };
}

function memoryRow(
  name: string,
  points: readonly SoakPoint[],
  warmUpSeconds: number,
  pick: (point: SoakPoint) => number,
  growth: Growth | undefined,
): string[] {
  const warm = points.find(({ atS }) => atS >= warmUpSeconds);
  const last = points[points.length - 1];
  const shown = (point: SoakPoint | undefined) => (point === undefined ? '-' : `${pick(point).toFixed(0)} MiB`);
  const slope = growth && `${growth.perHour.toFixed(1)} ± ${growth.standardError.toFixed(1)} MiB/h`;
  return [name, shown(warm), shown(last), slope ?? '-'];
}
