import { renderTable } from '@edge-csi/report';
import type { LinkRunReport } from './result.ts';
import { accuracyTable, latencyTable } from './tables.ts';

/** The result of a link run as a person reads it: one table for accuracy and bits, one for time. */
export function renderLinkRun({ runs }: LinkRunReport): string {
  return [accuracyTable(runs), latencyTable(runs)].map(({ header, rows }) => renderTable(header, rows)).join('\n\n');
}
