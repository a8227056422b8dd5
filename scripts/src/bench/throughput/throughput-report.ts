import type { LinePlot, PlotSeries } from '../../line-plot.ts';
import { markdownTable } from '../../markdown-table.ts';
import { measuredBy } from '../../measured-by.ts';
import { withInterval } from '../with-interval.ts';
import { perfectCsi, uplinkBeam, widebandBeam } from './reference-schemes.ts';
import { snrsDb, type Throughput, type ThroughputRun, userCounts } from './throughput.ts';

interface PageInput {
  readonly data: string;
  readonly baselines: { readonly data: string; readonly samples: number };
  readonly runs: readonly ThroughputRun[];
}

interface PageOptions {
  /** Name of the figure's file. */
  readonly svg: string | undefined;
  readonly loadBefore: number;
}

/** The suite's figures as a Markdown page. */
export function renderThroughputPage({ data, baselines, runs }: PageInput, { svg, loadBefore }: PageOptions): string {
  const { samples = 0, clusters = 0 } = runs[0] ?? {};
  const over = clusters < samples ? `${clusters} environments` : `${clusters} samples, as if they were independent`;
  const measuredUsers = userCounts.filter((users) => runs.some((run) => of(run, users, snrsDb[0]) !== undefined));
  const sections = [
    '# What CSI feedback is worth in throughput',
    `${measuredBy('cpu', loadBefore)} What is measured, and how: [benchmarks.md](benchmarks.md#throughput-gain).`,
    `${samples} samples of ${data}; codebook fitted on ${baselines.samples} samples of ${baselines.data}. Spectral efficiency in ` +
      'bit/s/Hz, mean over subcarriers, and its share of what perfect CSI gives; SNR is that of one BS antenna with all the power.',
    ...(svg === undefined ? [] : [`![Spectral efficiency against bits](${svg})`]),
    ...measuredUsers.map((users) => `## ${titleOf(users)}\n\n${efficiencyTable(runs, users)}`),
    `## Gain over the codebook\n\nBit/s/Hz beyond the codebook at as many bits, of the same UEs; in brackets 95 % bootstrap ` +
      `intervals over ${over}.\n\n${gainTable(runs, measuredUsers)}`,
  ];
  return `${sections.join('\n\n')}\n`;
}

function titleOf(users: number): string {
  return users === 1 ? 'One UE at a time, maximum-ratio transmission' : `${users} UEs at once, zero forcing, their sum`;
}

function of(run: ThroughputRun, users: number, snrDb: number): Throughput | undefined {
  return run.throughput.find((point) => point.users === users && point.snrDb === snrDb);
}

function efficiencyTable(runs: readonly ThroughputRun[], users: number): string {
  const rows = runs.map((run) => [
    run.scheme,
    run.scheme === perfectCsi.name ? '-' : run.payloadBits.toFixed(0),
    run.nmseDb?.toFixed(1) ?? '-',
    ...snrsDb.map((snrDb) => {
      const { spectralEfficiency = Number.NaN, ofPerfect = Number.NaN } = of(run, users, snrDb) ?? {};
      return `${spectralEfficiency.toFixed(2)} (${(100 * ofPerfect).toFixed(1)} %)`;
    }),
  ]);
  return markdownTable(['CSI at the BS', 'bits', 'NMSE dB', ...snrsDb.map((snrDb) => `${snrDb} dB`)], rows);
}

function gainTable(runs: readonly ThroughputRun[], users: readonly number[]): string {
  const rows = runs.flatMap((run) => {
    const rival = runs.find(({ scheme }) => scheme === run.rival);
    if (rival === undefined) return [];
    return users.map((count) => [
      run.scheme,
      `${run.payloadBits.toFixed(0)} / ${rival.payloadBits.toFixed(0)}`,
      String(count),
      ...snrsDb.map((snrDb) => {
        const { gain = Number.NaN, gainInterval } = of(run, count, snrDb) ?? {};
        return withInterval(gain, gainInterval, 2);
      }),
    ]);
  });
  return markdownTable(['model', 'bits, model / codebook', 'UEs', ...snrsDb.map((snrDb) => `${snrDb} dB`)], rows);
}

/** Sum spectral efficiency against bits, of most UEs at the highest SNR that were measured. */
export function throughputPlot({ data, runs }: PageInput): LinePlot {
  const [snrDb = 0] = snrsDb.slice(-1);
  const [users = 1] = userCounts.filter((count) => runs.some((run) => of(run, count, snrDb) !== undefined)).slice(-1);
  const efficiency = (run: ThroughputRun) => of(run, users, snrDb)?.spectralEfficiency ?? Number.NaN;
  const line = (name: string, style: PlotSeries['style'], chosen: readonly ThroughputRun[]): PlotSeries => ({
    name,
    style,
    points: chosen.map((run) => ({ x: run.payloadBits, y: efficiency(run) })).sort((a, b) => a.x - b.x),
  });
  const networks = runs.filter(({ family }) => family === 'network');
  const rivals = runs.filter(({ scheme }) => networks.some(({ rival }) => rival === scheme));
  const bits = [...networks, ...rivals].map(({ payloadBits }) => payloadBits);
  const level = (name: string): PlotSeries[] => {
    const run = runs.find(({ scheme }) => scheme === name);
    if (run === undefined) return [];
    const points = [Math.min(...bits), Math.max(...bits)].map((x) => ({ x, y: efficiency(run) }));
    return [{ name, style: 'dashed', points }];
  };
  return {
    title: 'What CSI feedback is worth in throughput',
    subtitle: `${users === 1 ? 'One UE' : `${users} UEs of one cell at once, zero forcing`}, SNR ${snrDb} dB; ${runs[0]?.samples ?? 0} samples of ${data}`,
    x: { title: 'Mean bits of a report', scale: 'log', ticks: [50, 100, 200, 350, 500, 700, 1000, 1700, 3000, 5000] },
    y: { title: 'Sum rate (bit/s/Hz), higher is better', scale: 'linear' },
    series: [
      line('DualNet models', 'solid', networks),
      line('top-K codebook, as many bits', 'dashed', rivals),
      ...level(perfectCsi.name),
      ...level(widebandBeam.name),
      ...level(uplinkBeam.name),
    ],
  };
}
