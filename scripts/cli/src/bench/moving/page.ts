import { pathCapBits } from '@edge-csi/csi/paths';
import { lineAtBits, type MovingPoint, type MovingScheme } from '@edge-csi/lab';
import { type Figure, fixed, type PageContent, type Section, type Table } from '@edge-csi/report';

/** A point with what it was measured on. */
export interface PlacedPoint extends MovingPoint {
  /** Scenario or file. */
  readonly place: string;
  /** Absent of a file, which has the speed it has. */
  readonly speedKmh?: number;
  readonly periodMs: number;
}

/** What the suite measures. */
export interface MovingResult {
  /** Of what UEs measure. */
  readonly snrDb?: number;
  readonly uplinkSnrDb: number;
  readonly curve: readonly PlacedPoint[];
}

/** Curves of one place, speed and period. */
interface Cell {
  readonly place: string;
  readonly speedKmh: number | undefined;
  readonly periodMs: number;
  readonly points: readonly PlacedPoint[];
}

const titles: Readonly<Record<MovingScheme, string>> = {
  paths: 'alone',
  'paths-hinted': 'with hints',
  'paths-acknowledged': 'with reports',
  'paths-known': 'with both',
};
const schemes = Object.keys(titles) as MovingScheme[];
const referring = schemes.filter((scheme) => scheme !== 'paths');
/** Schemes that losses touch. */
const lossy = ['paths-acknowledged', 'paths-known'] as const;
/** Bits that tables compare at. */
const tableBits = 60;

/** Reports of moving UEs that may refer to known paths, beside those that may not. */
export function movingPage({ curve, snrDb, uplinkSnrDb }: MovingResult): PageContent {
  const cells = cellsOf(curve);
  const noise = snrDb === undefined ? '' : ` and the UEs' with noise at ${snrDb} dB`;
  return {
    title: 'Known paths of moving UEs',
    lead:
      `${verdict(cells)} A report may refer to what the latest hint says, to what the latest report that has arrived says, or to both. A UE has what the BS ` +
      `made of one slot before its next report; its first report refers to nothing. The BS measures the uplink at ${uplinkSnrDb} dB SNR${noise}.`,
    sections: [...new Set(cells.map(({ place }) => place))].flatMap((place) =>
      sectionsOf(
        place,
        cells.filter((cell) => cell.place === place),
      ),
    ),
  };
}

function cellsOf(curve: readonly PlacedPoint[]): Cell[] {
  const cells = new Map<string, Cell & { readonly points: PlacedPoint[] }>();
  for (const point of curve) {
    const { place, speedKmh, periodMs } = point;
    const key = [place, speedKmh, periodMs].join();
    const cell = cells.get(key) ?? { place, speedKmh, periodMs, points: [] };
    cell.points.push(point);
    cells.set(key, cell);
  }
  return [...cells.values()];
}

function sectionsOf(place: string, cells: readonly Cell[]): Section[] {
  const first = cells[0] as Cell;
  const middle = cells[Math.floor(cells.length / 2)] as Cell;
  const lost = lossesOf(cells).filter((percent) => percent > 0);
  const reports = Math.max(...first.points.map((point) => point.reports));
  return [
    {
      title: `${place}: NMSE at ${tableBits} bits`,
      text: `dB, of up to ${reports} reports, no loss; in brackets the bits of hints a report that the BS sends. A dash: no report of so few bits, or of so many.`,
      tables: [schemeTable(cells)],
      figures: [curveFigure(place, middle)],
    },
    ...(lost.length === 0
      ? []
      : [
          {
            title: `${place}: what lost reports cost`,
            text: 'dB at equal bits against none lost, mean over the points of the curve, of those that arrive and of what the lost ones would have told.',
            tables: [lossTable(cells, lost)],
          },
        ]),
  ];
}

const nmseOf = ({ nmseDb }: PlacedPoint) => nmseDb;

function pointsOf({ points }: Cell, scheme: MovingScheme, lossPercent = 0): PlacedPoint[] {
  return points.filter((point) => point.scheme === scheme && point.lossPercent === lossPercent);
}

function lossesOf(cells: readonly Cell[]): number[] {
  const losses = cells.flatMap(({ points }) => points.map(({ lossPercent }) => lossPercent));
  return [...new Set(losses)].sort((a, b) => a - b);
}

function schemeTable(cells: readonly Cell[]): Table {
  return {
    header: ['speed', 'period', ...schemes.map((scheme) => titles[scheme])],
    rows: cells.map((cell) => [
      ...labelOf(cell),
      ...schemes.map((scheme) => {
        const points = pointsOf(cell, scheme);
        const nmseDb = lineAtBits(points, tableBits, nmseOf);
        const hintBits = lineAtBits(points, tableBits, (point) => point.hintBits) ?? 0;
        return nmseDb === undefined ? '-' : `${fixed(nmseDb, 1)}${hintBits > 0 ? ` (${fixed(hintBits, 0)})` : ''}`;
      }),
    ]),
  };
}

function labelOf({ speedKmh, periodMs }: Cell): [string, string] {
  return [speedKmh === undefined ? 'as recorded' : `${speedKmh} km/h`, `${periodMs} ms`];
}

function lossTable(cells: readonly Cell[], lost: readonly number[]): Table {
  const columns = lossy.flatMap((scheme) => lost.slice(-2).map((percent) => ({ scheme, percent })));
  return {
    header: ['speed', 'period', ...columns.map(({ scheme, percent }) => `${titles[scheme]}, ${percent} %`)],
    rows: cells.map((cell) => [
      ...labelOf(cell),
      ...columns.map(({ scheme, percent }) => {
        const worse = meanWorse(pointsOf(cell, scheme, percent), pointsOf(cell, scheme));
        return worse === undefined ? '-' : fixed(worse, 2);
      }),
    ]),
  };
}

/** How much worse points are than a curve at their bits, dB, those outside of it and below the least cap left out. */
function worseBy(points: readonly PlacedPoint[], curve: readonly PlacedPoint[]): number[] {
  return points.flatMap(({ bits, nmseDb }) => {
    const other = bits < pathCapBits.least ? undefined : lineAtBits(curve, bits, nmseOf);
    return other === undefined ? [] : [nmseDb - other];
  });
}

function meanWorse(points: readonly PlacedPoint[], curve: readonly PlacedPoint[]): number | undefined {
  const all = worseBy(points, curve);
  return all.length === 0 ? undefined : all.reduce((sum, value) => sum + value, 0) / all.length;
}

/** Where known paths are behind fresh ones, and what losses cost, at their worst. */
function verdict(cells: readonly Cell[]): string {
  const gains = cells.flatMap((cell) => {
    const worse = meanWorse(pointsOf(cell, 'paths-known'), pointsOf(cell, 'paths'));
    return worse === undefined ? [] : [-worse];
  });
  const behind = cells.flatMap((cell) =>
    lossesOf([cell]).flatMap((percent) =>
      referring.flatMap((scheme) => worseBy(pointsOf(cell, scheme, percent), pointsOf(cell, 'paths'))),
    ),
  );
  const most = lossesOf(cells).at(-1) ?? 0;
  const costs = cells.flatMap((cell) =>
    lossy.flatMap((scheme) => meanWorse(pointsOf(cell, scheme, most), pointsOf(cell, scheme)) ?? []),
  );
  const refused = cells.flatMap(({ points }) => points).reduce((sum, point) => sum + point.refused, 0);
  const worst = Math.max(...behind);
  const sentences = [
    gains.length === 0
      ? ''
      : `Hints and reports together gain ${fixed(Math.min(...gains), 1)} to ${fixed(Math.max(...gains), 1)} dB at equal bits.`,
    behind.length === 0
      ? ''
      : worst <= 0
        ? `From ${pathCapBits.least} bits on no point of a curve with known paths is behind reports alone.`
        : `From ${pathCapBits.least} bits on a point of a curve with known paths is ${fixed(worst, 2)} dB behind reports alone at its worst.`,
    most === 0 || costs.length === 0
      ? ''
      : `${most} % of reports lost cost ${fixed(Math.max(0, ...costs), 2)} dB at most, mean over a curve.`,
    refused === 0 ? '' : `The BS refused ${refused} reports.`,
  ];
  return sentences.filter((sentence) => sentence !== '').join(' ');
}

function curveFigure(place: string, cell: Cell): Figure {
  const [speed, period] = labelOf(cell);
  const most = lossesOf([cell]).at(-1) ?? 0;
  return {
    name: `moving-${place.replace(/\W+/g, '-')}`,
    caption: `Solid: no report is lost. Dashed: ${most} % are. Bits of hints are not among those of reports.`,
    drawing: {
      kind: 'lines',
      title: 'Path reports of moving UEs',
      subtitle: `${place}, ${speed}, a report every ${period}`,
      x: { title: 'Bits of a report, mean', scale: 'linear' },
      y: { title: 'Complex NMSE (dB), lower is better', scale: 'linear' },
      markers: true,
      series: schemes.flatMap((scheme) =>
        (most > 0 && lossy.some((other) => other === scheme) ? [0, most] : [0]).map((percent) => ({
          name: percent === 0 ? titles[scheme] : `${titles[scheme]}, ${percent} % lost`,
          line: percent === 0 ? ('solid' as const) : ('dashed' as const),
          colour: 'category' as const,
          points: pointsOf(cell, scheme, percent).map(({ bits, nmseDb }) => ({ x: bits, y: nmseDb })),
        })),
      ),
    },
  };
}
