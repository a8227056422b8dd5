/**
 * A result as a page, and the page as one HTML document, as Markdown with SVG files, or as text for a terminal.
 *
 * @packageDocumentation
 */
export { colourMaps, palette } from './colours.ts';
export { drawFigure, drawFigureFile, type Figure } from './figure.ts';
export type { HeatMapPanel, HeatMaps } from './heat-maps.ts';
export { renderHtmlPage } from './html-page.ts';
export { type CdfSeries, cdfPlot } from './line-plot.ts';
export { escapeMarkup } from './markup.ts';
export type { Environment, Page, PageContent, Provenance, Section } from './page.ts';
export type { LinePanels, LinePlot, PlotSeries } from './plot.ts';
export { publishedCaption, publishedSeries, reductionAxis } from './published.ts';
export { fixed, intervalNote, reductionText, renderTable, type Table, withInterval } from './table.ts';
export { renderMarkdownPage, renderTextSections } from './text-page.ts';
