import type { TopLevelSpec } from 'vega-lite';

/** One line of a plot. */
export interface PlotSeries {
  readonly name: string;
  /** Solid lines take colours of one ordered ramp, dashed ones stand out from them. */
  readonly style: 'solid' | 'dashed';
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

/** An axis: its title says quantity and unit. */
interface PlotAxis {
  readonly title: string;
  readonly scale: 'linear' | 'log';
  /** Ticks; chosen by the renderer where absent. */
  readonly ticks?: readonly number[];
}

export interface LinePlot {
  readonly title: string;
  readonly subtitle: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  /** In the order of the legend. */
  readonly series: readonly PlotSeries[];
}

/** Dark to light, told apart by lightness alone (after viridis, without its yellow, which fades on white). */
const ramp = ['#440154', '#414487', '#2a788e', '#22a884', '#74c054', '#a8b820'];
/** Of Okabe and Ito's colour-blind-safe palette, those away from the ramp. */
const contrast = ['#d55e00', '#e69f00', '#000000', '#cc79a7'];
const shapes = { solid: ['circle'], dashed: ['square', 'triangle-up', 'diamond', 'cross'] } as const;

/** Draws lines with markers and a legend as an SVG document on white. */
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

function specOf({ title, subtitle, x, y, series }: LinePlot): TopLevelSpec {
  const names = series.map(({ name }) => name);
  const solid = series.filter(({ style }) => style === 'solid');
  const dashed = series.filter(({ style }) => style === 'dashed');
  const place = (entry: PlotSeries) => (entry.style === 'solid' ? solid : dashed).indexOf(entry);
  const colours = series.map((entry) => {
    const at = place(entry);
    if (entry.style === 'dashed') return contrast[at % contrast.length] as string;
    // Few lines spread over the whole ramp.
    return ramp[Math.round((at * (ramp.length - 1)) / Math.max(ramp.length - 1, solid.length - 1))] as string;
  });
  const markers = series.map((entry) => {
    const choice = shapes[entry.style];
    return choice[place(entry) % choice.length] as string;
  });
  // A log scale has no zero to leave out.
  const scale = ({ scale: type }: PlotAxis) =>
    type === 'log' ? { type, nice: false, padding: 12 } : { type, zero: false };
  const legend = { title: null, symbolSize: 80, labelFontSize: 12, labelLimit: 0, rowPadding: 5 };
  const colour = { field: 'series', type: 'nominal', scale: { domain: names, range: colours } } as const;
  const axis = ({ title: text, ticks }: PlotAxis) => ({
    title: text,
    titlePadding: 10,
    format: '~f',
    ...(ticks ? { values: [...ticks] } : {}),
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    background: 'white',
    padding: 12,
    width: 620,
    height: 420,
    title: { text: title, subtitle, anchor: 'start', fontSize: 15, subtitleFontSize: 12, subtitleColor: '#555555' },
    data: { values: series.flatMap(({ name, points }) => points.map((point) => ({ ...point, series: name }))) },
    encoding: {
      x: { field: 'x', type: 'quantitative', scale: scale(x), axis: axis(x) },
      y: { field: 'y', type: 'quantitative', scale: scale(y), axis: axis(y) },
    },
    layer: [
      {
        mark: { type: 'line', strokeWidth: 2 },
        encoding: {
          color: { ...colour, legend: null },
          strokeDash: {
            field: 'series',
            type: 'nominal',
            scale: { domain: names, range: series.map(({ style }) => (style === 'dashed' ? [5, 3] : [1, 0])) },
            legend: null,
          },
        },
      },
      {
        mark: { type: 'point', filled: true, size: 34, opacity: 1 },
        encoding: {
          color: { ...colour, legend },
          shape: { field: 'series', type: 'nominal', scale: { domain: names, range: markers }, legend },
        },
      },
    ],
    // The legend shows markers alone: a dash around a marker would blur it.
    resolve: { legend: { color: 'independent', strokeDash: 'independent', shape: 'independent' } },
    config: {
      font: 'Helvetica, Arial, sans-serif',
      view: { stroke: null },
      axis: {
        labelFontSize: 12,
        titleFontSize: 13,
        titleFontWeight: 'normal',
        gridColor: '#e4e4e4',
        domainColor: '#888888',
      },
    },
  };
}
