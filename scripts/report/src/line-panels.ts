import { tableOfLinePlot } from './line-plot.ts';
import { panelSpecOf, renderSpec } from './line-spec.ts';
import type { LinePanels } from './plot.ts';
import type { Table } from './table.ts';

/** Draws panels with one legend as an SVG document without a ground. */
export function renderLinePanels(panels: LinePanels): Promise<string> {
  return renderSpec(panelSpecOf(panels));
}

/** The numbers of panels: those of each plot, with the panel's name before them. */
export function tableOfLinePanels({ panels, x, ...rest }: LinePanels): Table {
  const names = [...new Set(panels.flatMap(({ series }) => series.map(({ name }) => name)))];
  const rows = panels.flatMap(({ title, series }) => {
    const ordered = names.map(
      (name) =>
        series.find((one) => one.name === name) ?? {
          name,
          points: [],
          line: 'none' as const,
          colour: 'category' as const,
        },
    );
    return tableOfLinePlot({ ...rest, x, kind: 'lines', markers: true, series: ordered }).rows.map((row) => [
      title,
      ...row,
    ]);
  });
  return { header: ['', x.title, ...names], rows };
}
