import type { LatencyDistribution } from '@edge-csi/lab/metrics';
import type { TopLevelSpec } from 'vega-lite';
import { categories, contrasting, grid, ink, muted, ordered } from './colours.ts';
import type { Table } from './table.ts';

/** One line of a plot. */
export interface PlotSeries {
  readonly name: string;
  readonly line: 'solid' | 'dashed' | 'none';
  /**
   * `ordered` series take colours of one ramp in their order, `category` ones colours without an order; `reference` ones
   * are not measured here, or not at all: grey, dotted, with open markers.
   */
  readonly colour: 'ordered' | 'category' | 'reference';
  /** Series of one group have one colour, and the dashed ones open markers; default: the name. */
  readonly group?: string;
  /** Those that are not finite are left out. */
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** An axis: its title says quantity and unit. */
interface PlotAxis {
  readonly title: string;
  readonly scale: 'linear' | 'log';
  /** Ticks; chosen by the renderer where absent. */
  readonly ticks?: readonly number[];
  /** Whether a linear axis starts at zero. */
  readonly fromZero?: boolean;
}

export interface LinePlot {
  readonly kind: 'lines';
  readonly title: string;
  readonly subtitle: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** Whether points are marked. */
  readonly markers: boolean;
  /** In the order of the legend. */
  readonly series: readonly PlotSeries[];
}

const shapes = {
  ordered: ['circle'],
  category: ['square', 'triangle-up', 'diamond', 'cross', 'circle', 'triangle-down'],
  reference: ['circle', 'square', 'triangle-up', 'diamond'],
} as const;
const dashes = { solid: [1, 0], dashed: [5, 3], none: [0, 1000] } as const;
const dotted = [1, 4];

/** Draws lines with a legend as an SVG document without a ground. */
export async function renderLinePlot(plot: LinePlot): Promise<string> {
  // Loaded when a figure is asked for: no other command pays for it.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(specOf(plot)).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The numbers of a plot: a row for every x, a column for every series. */
export function tableOfLinePlot({ x, series }: LinePlot): Table {
  const positions = [...new Set(series.flatMap(({ points }) => finite(points).map((point) => point.x)))];
  return {
    header: [x.title, ...series.map(({ name }) => name)],
    rows: positions
      .sort((a, b) => a - b)
      .map((position) => [
        shown(position),
        ...series.map(({ points }) => {
          const point = finite(points).find((candidate) => candidate.x === position);
          return point === undefined ? '' : shown(point.y);
        }),
      ]),
  };
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : String(Number(value.toPrecision(4)));
}

function finite(points: PlotSeries['points']): PlotSeries['points'] {
  return points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
}

/** Once, twice and five times the powers of ten that the points of a plot span. */
function decadeTicks(series: readonly PlotSeries[], direction: 'x' | 'y'): number[] {
  const all = series.flatMap(({ points }) => finite(points).map((point) => point[direction]));
  // There is no decade of zero, and so no end to those above it.
  const values = all.filter((value) => value > 0);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const ticks: number[] = [];
  for (let exponent = Math.floor(Math.log10(least)); 10 ** exponent <= most; exponent++) {
    for (const multiple of [1, 2, 5]) {
      const tick = Number((multiple * 10 ** exponent).toPrecision(1));
      if (tick >= least * 0.99 && tick <= most * 1.01) ticks.push(tick);
    }
  }
  return ticks;
}

function isOpen({ colour, group, line }: PlotSeries): boolean {
  return colour === 'reference' || (group !== undefined && line === 'dashed');
}

/** Colour and marker of every series. */
function looksOf(series: readonly PlotSeries[]) {
  const hues = series.some(({ colour }) => colour === 'ordered') ? contrasting : [...categories, ink];
  const groupOf = ({ name, group }: PlotSeries) => group ?? name;
  return series.map((entry) => {
    const alike = series.filter(({ colour }) => colour === entry.colour);
    const groups = [...new Set(alike.map(groupOf))];
    const at = groups.indexOf(groupOf(entry));
    const choice = shapes[entry.colour];
    const shape = choice[at % choice.length] as string;
    if (entry.colour === 'reference') return { colour: muted.light as string, shape };
    if (entry.colour === 'category') return { colour: hues[at % hues.length]?.light as string, shape };
    // Spread over the ramp, whose light end is left to those who need all of it.
    const step = Math.round((at * (ordered.length - 1)) / Math.max(2.5, Math.min(groups.length, ordered.length) - 1));
    return { colour: ordered[step % ordered.length]?.light as string, shape };
  });
}

function specOf({ title, subtitle, x, y, markers, series }: LinePlot): TopLevelSpec {
  const names = series.map(({ name }) => name);
  const looks = looksOf(series);
  const byName = <T>(range: readonly T[], legend: object | null) => ({
    field: 'series',
    type: 'nominal' as const,
    scale: { domain: names, range: [...range] as string[] },
    legend,
  });
  // A log scale has no zero to leave out.
  const scale = ({ scale: type, fromZero }: PlotAxis) =>
    type === 'log' ? { type, nice: false, padding: 12 } : { type, zero: fromZero === true };
  const legend = { title: null, symbolSize: markers ? 80 : 300, symbolStrokeWidth: 2, labelLimit: 0, rowPadding: 5 };
  const axis = (direction: 'x' | 'y') => {
    const { title: text, scale: type, ticks } = { x, y }[direction];
    const shownTicks = ticks ?? (type === 'log' ? decadeTicks(series, direction) : undefined);
    // An expression, since a format alone rounds labels to what evenly spaced ticks would need.
    const values = shownTicks && {
      values: [...shownTicks],
      labelExpr: "format(datum.value, '.9~g')",
      labelOverlap: 'greedy',
    };
    return { title: text, titlePadding: 10, format: '~f', ...(values ?? { tickCount: 8 }) };
  };
  const colours = looks.map(({ colour }) => colour);
  const lines = {
    mark: { type: 'line' as const, strokeWidth: 2 },
    encoding: {
      color: byName(colours, markers ? null : { ...legend, symbolType: 'stroke' }),
      strokeDash: byName(
        series.map(({ line, colour }) => (colour === 'reference' ? dotted : dashes[line])),
        markers ? null : legend,
      ),
    },
  };
  const points = {
    mark: { type: 'point' as const, size: 38, opacity: 1, strokeWidth: 1.5 },
    encoding: {
      stroke: byName(colours, legend),
      fill: byName(
        series.map((entry, i) => (isOpen(entry) ? 'transparent' : (colours[i] as string))),
        legend,
      ),
      shape: byName(
        looks.map(({ shape }) => shape),
        legend,
      ),
    },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'transparent',
    padding: 12,
    width: 600,
    height: 380,
    title: { text: title, subtitle },
    data: { values: series.flatMap(({ name, points: all }) => finite(all).map((at) => ({ ...at, series: name }))) },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: scale(x), axis: axis('x') },
      y: { field: 'y', type: 'quantitative', scale: scale(y), axis: axis('y') },
    },
    layer: markers ? [lines, points] : [lines],
    // The legend shows markers alone: a dash around a marker would blur it.
    ...(markers && { resolve: { legend: { color: 'independent', strokeDash: 'independent' } } }),
    config: {
      // A table of the numbers stands beside every figure; labels on every mark would only say them again.
      aria: false,
      font: 'Helvetica, Arial, sans-serif',
      view: { stroke: null },
      title: {
        anchor: 'start',
        fontSize: 15,
        color: ink.light,
        subtitleFontSize: 12,
        subtitleColor: muted.light,
        subtitlePadding: 5,
        offset: 14,
      },
      legend: { labelFontSize: 12, labelColor: ink.light },
      axis: {
        labelFontSize: 12,
        labelColor: ink.light,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        titleColor: ink.light,
        gridColor: grid.light,
        domainColor: muted.light,
        tickColor: muted.light,
      },
    },
  } as TopLevelSpec;
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
