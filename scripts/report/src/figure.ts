import { darkTheme, ground } from './colours.ts';
import { type HeatMaps, renderHeatMaps, tableOfHeatMaps } from './heat-maps.ts';
import { renderLinePanels, tableOfLinePanels } from './line-panels.ts';
import { renderLinePlot, tableOfLinePlot } from './line-plot.ts';
import type { LinePanels, LinePlot } from './plot.ts';
import type { Table } from './table.ts';

/** A drawing with what a reader has to know to read it. */
export interface Figure {
  /** Kebab-case; the name of its file. */
  readonly name: string;
  /** Plain text. */
  readonly caption: string;
  readonly drawing: LinePlot | LinePanels | HeatMaps;
}

/** Draws a figure as an SVG element without a ground, to stand in a page. */
export async function drawFigure({ drawing }: Figure): Promise<string> {
  switch (drawing.kind) {
    case 'lines':
      return renderLinePlot(drawing);
    case 'line-panels':
      return renderLinePanels(drawing);
    case 'heat-maps':
      return renderHeatMaps(drawing);
  }
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
  switch (drawing.kind) {
    case 'lines':
      return tableOfLinePlot(drawing);
    case 'line-panels':
      return tableOfLinePanels(drawing);
    case 'heat-maps':
      return tableOfHeatMaps(drawing);
  }
}
