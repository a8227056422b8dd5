import type { TopLevelSpec } from 'vega-lite';
import { categories, contrasting, grid, ink, muted, ordered } from './colours.ts';
import type { LinePanels, LinePlot, PlotAxis, PlotSeries } from './plot.ts';

/** Draws a specification as an SVG document. */
export async function renderSpec(spec: TopLevelSpec): Promise<string> {
  // Loaded when a figure is asked for: no other command pays for it.
  const [vega, { compile }] = await Promise.all([import('vega'), import('vega-lite')]);
  const view = new vega.View(vega.parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

const shapes = {
  ordered: ['circle'],
  category: ['square', 'triangle-up', 'diamond', 'cross', 'circle', 'triangle-down'],
  reference: ['circle', 'square', 'triangle-up', 'diamond'],
} as const;
const dashes = { solid: [1, 0], dashed: [5, 3], none: [0, 1000] } as const;
const dotted = [1, 4];

/** Points that can be drawn. */
export function finitePoints(points: PlotSeries['points']): PlotSeries['points'] {
  return points.filter(({ x, y }) => Number.isFinite(x) && Number.isFinite(y));
}

/** Once, twice and five times the powers of ten that the points of a plot span. */
function decadeTicks(series: readonly PlotSeries[], direction: 'x' | 'y'): number[] {
  const all = series.flatMap(({ points }) => finitePoints(points).map((point) => point[direction]));
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

/** One line plot as a specification. */
export function specOf({ title, subtitle, x, y, markers, series }: LinePlot): TopLevelSpec {
  return {
    ...frame(title, subtitle),
    width: 600,
    height: 380,
    data: { values: valuesOf(series) },
    ...linesOf(x, y, markers, series),
  } as TopLevelSpec;
}

/** Line plots of the same series side by side, on the same axes with one legend, as a specification. */
export function panelSpecOf({ title, subtitle, x, y, panels, panelsPerLine }: LinePanels): TopLevelSpec {
  const all = panels.flatMap(({ series }) => series);
  const names = [...new Set(all.map(({ name }) => name))];
  const series = names.map((name): PlotSeries => {
    const alike = all.filter((one) => one.name === name);
    return { ...(alike[0] as PlotSeries), points: alike.flatMap(({ points }) => points) };
  });
  const header = { title: null, labelFontSize: 13, labelFontWeight: 'bold', labelColor: ink.light, labelPadding: 4 };
  return {
    ...frame(title, subtitle),
    data: { values: panels.flatMap((panel) => valuesOf(panel.series).map((at) => ({ ...at, panel: panel.title }))) },
    facet: { field: 'panel', type: 'nominal', sort: panels.map((panel) => panel.title), header },
    columns: panelsPerLine,
    spacing: 22,
    spec: { width: 215, height: 170, ...linesOf(x, y, true, series) },
  } as TopLevelSpec;
}

function valuesOf(series: readonly PlotSeries[]) {
  return series.flatMap(({ name, points }) => finitePoints(points).map((at) => ({ ...at, series: name })));
}

/** Lines, markers and axes of some series. */
function linesOf(x: PlotAxis, y: PlotAxis, markers: boolean, series: readonly PlotSeries[]) {
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
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: scale(x), axis: axis('x') },
      y: { field: 'y', type: 'quantitative', scale: scale(y), axis: axis('y') },
    },
    layer: markers ? [lines, points] : [lines],
    // The legend shows markers alone: a dash around a marker would blur it.
    ...(markers && { resolve: { legend: { color: 'independent', strokeDash: 'independent' } } }),
  };
}

/** What every drawing has around its lines. */
function frame(title: string, subtitle: string) {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'transparent',
    padding: 12,
    title: { text: title, subtitle },
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
  };
}
