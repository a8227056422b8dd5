import { bestPoints, type ComparedFigure, figureAt, type RatePoint } from '@edge-csi/lab';
import { type Figure, fixed, type LinePanels, type PageContent, type PlotSeries, type Table } from '@edge-csi/report';

/** A point of a curve as it stands in the JSON: its settings beside its figures. */
type FlatPoint = Omit<RatePoint, 'setting'> & { readonly [knob: string]: unknown };

/** Schemes that are compared, by the name of their curve. */
type Contestant = 'paths' | 'etype2' | 'dualnet' | 'topk';

/** Figures of each scheme at equal bits; of one that has none there, nothing. */
type AtBits = { readonly bits: number } & {
  readonly [name in Contestant]?: { readonly [figure in ComparedFigure]?: number };
};

/** One kind of channel. */
export interface YardstickPanel {
  readonly name: string;
  readonly data: string;
  readonly isSimulated: boolean;
  readonly samples: number;
  /** Environments where the data tell them, else samples. */
  readonly clusters: number;
  /** What top-K's odds were counted on. */
  readonly training: { readonly data: string; readonly samples: number };
  readonly curve: readonly FlatPoint[];
  readonly atBits: readonly AtBits[];
}

/** What the suite measures. */
export interface YardstickResult {
  /** Of what the UE measures. */
  readonly snrDb?: number;
  readonly panels: readonly YardstickPanel[];
}

/** Sizes of reports that tables show. */
const budgets = [60, 110, 165, 240];
/** Sizes that path reports have to win at, and by how much from 110 bits on. */
const judged = { least: 60, most: 300 };
const wantedGain = 0.06;

const contestants: Readonly<
  Record<
    Contestant,
    { readonly title: string; readonly isOf: (point: Pick<RatePoint, 'scheme' | 'family'>) => boolean }
  >
> = {
  paths: { title: 'paths', isOf: ({ scheme }) => scheme === 'paths' },
  etype2: { title: 'eType II', isOf: ({ scheme }) => scheme === 'etype2' },
  dualnet: { title: 'DualNet', isOf: ({ family }) => family === 'network' },
  topk: { title: 'top-K codebook', isOf: ({ scheme }) => scheme === 'topk-codebook' },
};

const names = Object.keys(contestants) as Contestant[];

/** Every scheme's figures at the sizes of the tables. */
export function atBudgets(curve: readonly RatePoint[]): AtBits[] {
  return budgets.map((bits) => at(curve, bits));
}

function at(curve: readonly Pick<RatePoint, 'scheme' | 'family' | 'bits' | ComparedFigure>[], bits: number): AtBits {
  const found = names.flatMap((name) => {
    const points = curve.filter(contestants[name].isOf) as RatePoint[];
    const subbandSgcs = figureAt(points, bits, 'subbandSgcs');
    const nmseDb = figureAt(points, bits, 'nmseDb');
    const figures = { ...(subbandSgcs !== undefined && { subbandSgcs }), ...(nmseDb !== undefined && { nmseDb }) };
    return Object.keys(figures).length === 0 ? [] : [[name, figures] as const];
  });
  return { bits, ...Object.fromEntries(found) };
}

/** The schemes side by side, as a page. */
export function yardstickPage({ panels, snrDb }: YardstickResult): PageContent {
  const noise =
    snrDb === undefined
      ? ''
      : ` UEs measure with white noise at ${snrDb} dB SNR; figures are against the channel without it.`;
  return {
    title: 'The yardstick: path reports, eType II, DualNet and top-K',
    lead: `${verdict(panels)}${noise}`,
    sections: [
      {
        title: 'SGCS at equal bits',
        text:
          'Mean over the strongest eigenvectors of 13 subbands, of path reports in quality mode; in brackets what they gain over eType II at as ' +
          'many bits. Between two operating points of a scheme its reports take turns.',
        tables: [comparisonTable(panels, 'subbandSgcs', ['etype2'], 3)],
        figures: [figureOf(panels, 'subbandSgcs')],
      },
      {
        title: 'SGCS beyond DualNet and top-K',
        text: 'The same; in brackets the gain over DualNet and over the top-K codebook. A dash: that scheme has no report of so few bits.',
        tables: [comparisonTable(panels, 'subbandSgcs', ['dualnet', 'topk'], 3)],
      },
      {
        title: 'NMSE at equal bits',
        text: 'dB, of path reports; in brackets the difference to DualNet and to the top-K codebook, less is better. eType II reports directions, which have no NMSE.',
        tables: [comparisonTable(panels, 'nmseDb', ['dualnet', 'topk'], 1)],
        figures: [figureOf(panels, 'nmseDb')],
      },
      {
        title: 'What was measured on',
        text:
          'eType II: Rel-16, rank 1, the 32 antennas as two halves of 16 ports; bits are those of its PMI. Networks and top-K send a norm of limited range and are ' +
          'given every sample at unit norm; path reports take channels as they are, path loss included. DualNet is trained on COST 2100 indoors (outdoors: outdoors) ' +
          'and measured as it is elsewhere. Settings of rivals are chosen on the samples measured on, which favours them.',
        tables: [dataTable(panels)],
      },
    ],
  };
}

/** Where path reports are behind eType II, and how far they are ahead. */
function verdict(panels: readonly YardstickPanel[]): string {
  const compared = panels.flatMap(({ name, curve }) => {
    const own = curve.filter(({ scheme }) => scheme === 'etype2').map(({ bits }) => bits);
    const sizes = [...new Set([...budgets, ...own])].filter((bits) => bits >= judged.least && bits <= judged.most);
    return sizes.flatMap((bits) => {
      const { paths, etype2 } = at(curve, bits);
      if (paths?.subbandSgcs === undefined || etype2?.subbandSgcs === undefined) return [];
      const [ours, theirs] = [paths.subbandSgcs, etype2.subbandSgcs];
      return [{ name, bits, ours, theirs, gain: ours - theirs }];
    });
  });
  if (compared.length === 0) return 'Path reports and eType II have no size of a report in common here.';
  const places = (some: readonly (typeof compared)[number][]) =>
    some
      .map(
        ({ name, bits, ours, theirs }) =>
          `${name} at ${bits.toFixed(0)} bits (${ours.toFixed(3)} against ${theirs.toFixed(3)})`,
      )
      .join(', ');
  const behind = compared.filter(({ gain }) => gain < 0);
  const meagre = compared.filter(
    ({ bits, gain }) => budgets.includes(bits) && bits >= 110 && gain >= 0 && gain < wantedGain,
  );
  const range = `from ${judged.least} to ${judged.most} bits`;
  return [
    behind.length === 0
      ? `SGCS of path reports is at or above that of eType II at equal bits on all of these channels, ${range}.`
      : `SGCS of path reports is below that of eType II at ${places(behind)}; at or above it at every other size measured, ${range}.`,
    ` From 110 bits on they gain ${wantedGain} or more`,
    meagre.length === 0 ? '.' : `, but for ${places(meagre)}.`,
  ].join('');
}

function comparisonTable(
  panels: readonly YardstickPanel[],
  figure: ComparedFigure,
  rivals: readonly Contestant[],
  digits: number,
): Table {
  const cell = (atBits: AtBits | undefined): string => {
    const own = atBits?.paths?.[figure];
    const gains = rivals.map((rival) => {
      const other = atBits?.[rival]?.[figure];
      return own === undefined || other === undefined ? '-' : `${own < other ? '' : '+'}${fixed(own - other, digits)}`;
    });
    return `${fixed(own, digits)} (${gains.join(', ')})`;
  };
  return {
    header: ['channels', ...budgets.map((bits) => `${bits} bits`)],
    rows: panels.map(({ name, atBits }) => [
      name,
      ...budgets.map((bits) => cell(atBits.find((one) => one.bits === bits))),
    ]),
  };
}

function dataTable(panels: readonly YardstickPanel[]): Table {
  return {
    header: ['channels', 'samples', 'of', 'environments', 'top-K fitted on'],
    rows: panels.map(({ name, samples, data, isSimulated, clusters, training }) => [
      name,
      String(samples),
      isSimulated ? `${data}, simulated` : data,
      String(clusters),
      `${training.samples} of ${training.data}, simulated`,
    ]),
  };
}

function figureOf(panels: readonly YardstickPanel[], figure: ComparedFigure): Figure {
  const isSgcs = figure === 'subbandSgcs';
  const seriesOf = ({ curve }: YardstickPanel): PlotSeries[] =>
    names.map((name) => ({
      name: contestants[name].title,
      line: name === 'paths' ? 'solid' : 'dashed',
      colour: 'category',
      points: thinned(bestPoints(curve.filter(contestants[name].isOf) as unknown as RatePoint[], figure)),
    }));
  const all = panels.map((panel) => ({ title: panel.name, series: seriesOf(panel) }));
  const drawing: LinePanels = {
    kind: 'line-panels',
    title: isSgcs ? 'SGCS of subbands against bits' : 'NMSE against bits',
    subtitle: 'Whole reports, every bit counted; one panel a kind of channel',
    x: { title: 'Mean bits of a report', scale: 'log', ticks: [50, 100, 200, 400, 800] },
    y: isSgcs
      ? { title: 'SGCS, higher is better', scale: 'linear' }
      : { title: 'NMSE (dB), lower is better', scale: 'linear' },
    panels: all.map(({ title, series }) => ({
      title,
      series: series.filter(({ points }) => points.length > 0),
    })),
    panelsPerLine: 4,
  };
  return {
    name: isSgcs ? 'yardstick-sgcs' : 'yardstick-nmse',
    caption:
      'Each point is a setting that no other of its scheme beats in both bits and accuracy; DualNet is the best of its models.',
    drawing,
  };
}

/** Bits that figures show, and how far apart points are at least. */
const drawn = { least: 40, most: 900, ratio: 1.1 };

function thinned(points: readonly { readonly bits: number; readonly value: number }[]): PlotSeries['points'] {
  const kept: { x: number; y: number }[] = [];
  for (const { bits, value } of points) {
    if (bits < drawn.least || bits > drawn.most || bits < drawn.ratio * (kept.at(-1)?.x ?? 0)) continue;
    kept.push({ x: bits, y: value });
  }
  return kept;
}
