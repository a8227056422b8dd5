import { darkTheme, ground } from './colours.ts';
import { type HeatMaps, renderHeatMaps, tableOfHeatMaps } from './heat-maps.ts';
import { type LinePlot, renderLinePlot, tableOfLinePlot } from './line-plot.ts';
import type { Table } from './table.ts';

/** A drawing with what a reader has to know to read it. */
export interface Figure {
  /** Kebab-case; the name of its file. */
  readonly name: string;
  /** Plain text. */
  readonly caption: string;
  readonly drawing: LinePlot | HeatMaps;
}

/** Draws a figure as an SVG element without a ground, to stand in a page. */
export async function drawFigure({ drawing }: Figure): Promise<string> {
  return drawing.kind === 'lines' ? renderLinePlot(drawing) : renderHeatMaps(drawing);
}

/** Draws a figure as an SVG document that stands alone: with a ground, in both themes. */
export async function drawFigureFile(figure: Figure): Promise<string> {
  const svg = await drawFigure(figure);
  const opening = svg.indexOf('>') + 1;
  return (
    `${svg.slice(0, opening)}<style>${darkTheme()}</style>` +
    `<rect width="100%" height="100%" fill="${ground.light}"/>${svg.slice(opening)}\n`
  );
}

/** The numbers of a figure. */
export function tableOfFigure({ drawing }: Figure): Table {
  return drawing.kind === 'lines' ? tableOfLinePlot(drawing) : tableOfHeatMaps(drawing);
}
