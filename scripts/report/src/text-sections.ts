import type { Section } from './page.ts';
import { renderTable } from './text-table.ts';

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
