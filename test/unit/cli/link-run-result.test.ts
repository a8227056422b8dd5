import type { ServerStats } from '@edge-csi/bs-server';
import type { CsiSource } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { renderLinkRun } from '../../../scripts/cli/src/link-run/page.ts';
import { type LinkRun, type LinkRunReport, summarizeLink } from '../../../scripts/cli/src/link-run/result.ts';
import { servedModel } from '../bs-server/served-model.ts';

/** A run in which nothing was sent, so that only counters of the server show. */
function runWith(published: number): LinkRun {
  const hints = { sent: 0, bits: 0 };
  const stats = { late: 0, superseded: 0, uplinkOnly: { published, dropped: 9 }, referring: 0, hints } as ServerStats;
  const { manifest } = servedModel();
  const records = { manifest, budgetBits: undefined, numUes: 1, source: {} as CsiSource, sent: [], stats };
  return summarizeLink({ ...records, estimates: new Map() });
}

function headerOf(...runs: LinkRun[]): string {
  return renderLinkRun({ runs } as Partial<LinkRunReport> as LinkRunReport).split('\n')[0] ?? '';
}

describe('uplink-only estimates of a link run', () => {
  it('are those the server published', () => {
    expect(runWith(3).uplinkOnlyEstimates).toBe(3);
  });

  it('have a column where any run has some', () => {
    expect(headerOf(runWith(0), runWith(0))).not.toContain('uplink-only');
    expect(headerOf(runWith(0), runWith(3))).toMatch(/ lost +uplink-only +bits /);
    const rows = renderLinkRun({ runs: [runWith(0), runWith(3)] } as Partial<LinkRunReport> as LinkRunReport).split(
      '\n',
    );
    expect(rows.slice(2, 4).map((row) => row.split(/ +/)[7])).toEqual(['0', '3']);
  });
});
