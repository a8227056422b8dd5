import { markdownTable } from '../../markdown-table.ts';
import { measuredBy } from '../../measured-by.ts';
import type { Growth } from './growth.ts';
import type { Soak, SoakPoint } from './soak.ts';

/** A soak's figures as a Markdown page. */
export function renderSoakPage(run: Soak, loadBefore: number): string {
  const { stats, traffic, points, warmUpSeconds } = run;
  const { received, decoded, superseded, late, shed, invalid } = stats;
  const verdict =
    run.problems.length === 0
      ? `All counts add up: ${received} received = ${decoded} decoded + ${superseded} superseded + ${late} late + ${shed} shed + ${invalid} invalid. No unhandled rejection.`
      : `**Does not add up**: ${run.problems.join('; ')}.`;
  const sections = [
    '# Soak of a BS server',
    `${measuredBy('cpu', loadBefore)} What is measured, and how: [benchmarks.md](benchmarks.md).`,
    verdict,
    markdownTable(
      ['memory', 'after warm-up', 'at the end', 'growth'],
      [
        memoryRow('RSS', points, warmUpSeconds, ({ rssMib }) => rssMib, run.rssGrowth),
        memoryRow('JS heap', points, warmUpSeconds, ({ heapUsedMib }) => heapUsedMib, run.heapGrowth),
      ],
    ),
    markdownTable(
      ['traffic', ''],
      [
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
      ],
    ),
  ];
  return `${sections.join('\n\n')}\n`;
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
