import type { Table } from './page.ts';

/** Renders a table in Markdown. */
export function markdownTable({ header, rows }: Table): string {
  // A bar would end its cell.
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}
