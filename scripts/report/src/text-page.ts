import type { Page, Section } from './page.ts';
import { markdownTable, renderTable } from './table.ts';

/**
 * Renders a page as Markdown.
 *
 * @param figureUrl - of the file of a figure, by its name; figures are left out where undefined
 */
export function renderMarkdownPage(page: Page, figureUrl: ((name: string) => string) | undefined): string {
  return `${[`# ${page.title}`, measuredBy(page), page.lead, ...page.sections.map(sectionOf)].join('\n\n')}\n`;

  function sectionOf({ title, text, tables = [], figures = [] }: Section): string {
    const images = figureUrl === undefined ? [] : figures;
    return [
      `## ${title}`,
      ...(text === undefined ? [] : [text]),
      ...tables.map(markdownTable),
      ...images.flatMap(({ name, caption, drawing }) => [
        `![${drawing.title.replace(/[[\]]/g, '')}](${figureUrl?.(name)})`,
        caption,
      ]),
    ].join('\n\n');
  }
}

/** Where the figures come from, as one sentence: command, machine, and how busy it was. */
function measuredBy({ provenance: { command, environment, loadAverage } }: Page): string {
  const { cpu, cores, node, provider, gpu, versions } = environment;
  return [
    `Measured by \`${command}\` on ${cpu}`,
    `${cores} cores`,
    `Node ${node}`,
    `onnxruntime-node ${versions['onnxruntime-node']}`,
    `decoder on ${provider}${gpu === undefined ? '' : ` (${gpu})`}`,
    ...(loadAverage === undefined ? [] : [`load average ${loadAverage.toFixed(1)} before it began`]),
  ]
    .join(', ')
    .concat('.');
}

/** Renders sections for a terminal: their text and tables. */
export function renderTextSections(sections: readonly Section[]): string {
  return sections
    .filter(({ text, tables }) => text !== undefined || tables !== undefined)
    .map(({ title, text, tables = [] }) =>
      [
        title,
        ...(text === undefined ? [] : [text]),
        ...tables.map(({ header, rows }) => renderTable(header, rows)),
      ].join('\n\n'),
    )
    .join('\n\n');
}
