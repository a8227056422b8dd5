import {
  perfectCsi,
  snrsDb,
  type Throughput,
  type ThroughputRun,
  uplinkBeam,
  userCounts,
  widebandBeam,
} from '@edge-csi/lab';
import {
  type Figure,
  fixed,
  intervalNote,
  type PageContent,
  type PlotSeries,
  type Table,
  withInterval,
} from '@edge-csi/report';

/** What the suite measures. */
export interface ThroughputResult {
  readonly runs: readonly ThroughputRun[];
}

/** What CSI feedback is worth in throughput, as a page. */
export function throughputPage({ runs }: ThroughputResult, data: string): PageContent {
  const { samples = 0, clusters = 0 } = runs[0] ?? {};
  const measuredUsers = userCounts.filter((users) => runs.some((run) => of(run, users, snrsDb[0]) !== undefined));
  return {
    title: 'What CSI feedback is worth in throughput',
    lead:
      `${samples} samples of ${data}. ${verdict(runs, measuredUsers)}Spectral efficiency in bit/s/Hz, mean over subcarriers, and its ` +
      'share of what perfect CSI gives; SNR is that of one BS antenna with all the power. What is measured, and how: docs/benchmarks.md.',
    sections: [
      ...measuredUsers.map((users) => ({
        title: titleOf(users),
        tables: [efficiencyTable(runs, users)],
        figures: [efficiencyFigure(runs, users, data)],
      })),
      {
        title: 'Gain at equal bits',
        text:
          'Bit/s/Hz of path reports beyond eType II, and of models beyond path reports, at as many bits, of the same UEs. ' +
          intervalNote({ samples, clusters }),
        tables: [gainTable(runs, measuredUsers)],
      },
    ],
  };
}

/** What path reports gain over eType II where most UEs are served at the highest SNR, or nothing where they do not meet. */
function verdict(runs: readonly ThroughputRun[], measured: readonly number[]): string {
  const [users = 1, snrDb = 0] = [Math.max(...measured), Math.max(...snrsDb)];
  const gains = runs.flatMap((run) => {
    const { gain, gainInterval } = of(run, users, snrDb) ?? {};
    if (run.family !== 'paths' || gain === undefined) return [];
    return `${withInterval(gain, gainInterval, 1)} at ${fixed(run.payloadBits, 0)} bits`;
  });
  if (gains.length === 0) return '';
  return `Path reports gain over eType II, ${users === 1 ? 'one UE' : `${users} UEs`} at ${snrDb} dB, in bit/s/Hz: ${gains.join(', ')}. `;
}

function titleOf(users: number): string {
  return users === 1 ? 'One UE at a time, maximum-ratio transmission' : `${users} UEs at once, zero forcing, their sum`;
}

function of(run: ThroughputRun, users: number, snrDb: number): Throughput | undefined {
  return run.throughput.find((point) => point.users === users && point.snrDb === snrDb);
}

function efficiencyTable(runs: readonly ThroughputRun[], users: number): Table {
  const rows = runs.map((run) => [
    run.scheme,
    run.scheme === perfectCsi.name ? '-' : fixed(run.payloadBits, 0),
    fixed(run.nmseDb, 1),
    ...snrsDb.map((snrDb) => {
      const { spectralEfficiency = Number.NaN, ofPerfect = Number.NaN } = of(run, users, snrDb) ?? {};
      return `${fixed(spectralEfficiency, 2)} (${fixed(100 * ofPerfect, 1)} %)`;
    }),
  ]);
  return { header: ['CSI at the BS', 'bits', 'NMSE dB', ...snrsDb.map((snrDb) => `${snrDb} dB`)], rows };
}

function gainTable(runs: readonly ThroughputRun[], users: readonly number[]): Table {
  const rows = runs.flatMap((run) => {
    const rival = runs.find(({ scheme }) => scheme === run.rival);
    if (rival === undefined) return [];
    return users.map((count) => [
      `${run.scheme}, beyond ${rival.scheme.split(',')[0]}`,
      `${fixed(run.payloadBits, 0)} / ${fixed(rival.payloadBits, 0)}`,
      String(count),
      ...snrsDb.map((snrDb) => {
        const { gain = Number.NaN, gainInterval } = of(run, count, snrDb) ?? {};
        return withInterval(gain, gainInterval, 2);
      }),
    ]);
  });
  return {
    header: ['CSI at the BS', 'bits, its / of its rival', 'UEs', ...snrsDb.map((snrDb) => `${snrDb} dB`)],
    rows,
  };
}

/** Sum spectral efficiency against bits at the highest SNR. */
function efficiencyFigure(runs: readonly ThroughputRun[], users: number, data: string): Figure {
  const [snrDb = 0] = snrsDb.slice(-1);
  const efficiency = (run: ThroughputRun) => of(run, users, snrDb)?.spectralEfficiency ?? Number.NaN;
  const networks = runs.filter(({ family }) => family === 'network');
  const paths = runs.filter(({ family }) => family === 'paths');
  const etype2 = runs.filter(({ scheme }) => scheme.startsWith('etype2'));
  const line = (chosen: readonly ThroughputRun[]) =>
    chosen.map((run) => ({ x: run.payloadBits, y: efficiency(run) })).sort((a, b) => a.x - b.x);
  const bits = [...networks, ...paths, ...etype2].map(({ payloadBits }) => payloadBits);
  const levels = [perfectCsi, widebandBeam, uplinkBeam].flatMap(({ name }): PlotSeries[] => {
    const run = runs.find(({ scheme }) => scheme === name);
    if (run === undefined) return [];
    const points = [Math.min(...bits), Math.max(...bits)].map((x) => ({ x, y: efficiency(run) }));
    return [{ name, line: 'solid', colour: 'reference', points }];
  });
  return {
    name: `throughput-gain-${users}`,
    caption:
      `At ${snrDb} dB. Grey, dotted: perfect CSI, and beams that take next to no feedback, as levels; their bits are not those of ` +
      'the axis.',
    drawing: {
      kind: 'lines',
      title: 'What CSI feedback is worth in throughput',
      subtitle: `${titleOf(users)}, SNR ${snrDb} dB; ${runs[0]?.samples ?? 0} samples of ${data}`,
      x: { title: 'Mean bits of a report', scale: 'log', ticks: [50, 100, 200, 350, 500, 700, 1000, 1700, 3000, 5000] },
      y: {
        title: `${users === 1 ? 'Rate' : 'Sum rate'} (bit/s/Hz), higher is better`,
        scale: 'linear',
        fromZero: users > 1,
      },
      markers: true,
      series: [
        { name: 'DualNet models', line: 'solid', colour: 'category', points: line(networks) },
        { name: 'path reports', line: 'solid', colour: 'category', points: line(paths) },
        ...(etype2.length === 0
          ? []
          : [{ name: 'eType II', line: 'dashed' as const, colour: 'category' as const, points: line(etype2) }]),
        ...levels,
      ],
    },
  };
}
