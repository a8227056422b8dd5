import type { Interval } from '@edge-csi/lab/metrics';

/** Rows under a header; the first column names the row. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * Renders rows under a header as right-aligned columns, the first one left-aligned: a table for a terminal.
 *
 * @example
 * renderTable(['model', 'NMSE dB'], [['dualnet-mag-m43', '-21.63']]);
 */
export function renderTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, c) => (c === 0 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0))).join('  ');
  return [line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n');
}

/** Renders a table in Markdown. */
export function markdownTable({ header, rows }: Table): string {
  // A bar would end its cell.
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(header), `|${'---|'.repeat(header.length)}`, ...rows.map(line)].join('\n');
}

/** A figure with so many digits after the point; a dash where there is none (JSON has null for what is not finite). */
export function fixed(value: number | null | undefined, digits: number): string {
  return typeof value === 'number' && Number.isFinite(value) ? value.toFixed(digits) : '-';
}

/** The compression ratio of a model that has one. */
export function reductionText(reduction: number | null | undefined): string {
  return typeof reduction === 'number' ? `1/${reduction}` : '-';
}

/** A value and the ends of its interval, where it has one. */
export function withInterval(value: number | undefined, interval: Interval | undefined, digits: number): string {
  const shown = fixed(value, digits);
  return interval === undefined ? shown : `${shown} [${interval.map((end) => fixed(end, digits)).join(', ')}]`;
}

/** What intervals in brackets are, in a sentence. */
export function intervalNote({ samples, clusters }: { readonly samples: number; readonly clusters: number }): string {
  const over = clusters < samples ? `${clusters} environments` : `${clusters} samples, as if they were independent`;
  return `In brackets: 95 % bootstrap intervals over ${over}.`;
}
