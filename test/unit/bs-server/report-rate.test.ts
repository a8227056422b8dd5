import { describe, expect, it } from 'vitest';
import { ReportRate } from '../../../bs-server/src/ingest/report-gate.ts';

/** Verdicts on reports that come at an interval, counted. */
function send(rate: ReportRate, count: number, intervalMs: number, startMs = 0): Record<string, number> {
  const counts: Record<string, number> = { admitted: 0, refused: 0, abusive: 0 };
  for (let i = 0; i < count; i++) {
    const verdict = rate.check(startMs + i * intervalMs);
    counts[verdict] = (counts[verdict] ?? 0) + 1;
  }
  return counts;
}

describe('ReportRate', () => {
  it('admits reports twice as often as the period for ever', () => {
    expect(send(new ReportRate(1, 4, 20, 0), 10_000, 10)).toEqual({ admitted: 10_000, refused: 0, abusive: 0 });
  });

  it('admits a burst after a pause, as of a UE that was cut off for a while', () => {
    const rate = new ReportRate(1, 50, 20, 0);
    expect(send(rate, 50, 0)).toEqual({ admitted: 50, refused: 0, abusive: 0 });
    expect(rate.check(0)).toBe('refused');
    expect(send(rate, 50, 0, 500)).toEqual({ admitted: 50, refused: 0, abusive: 0 });
  });

  it('refuses what comes three times as often as the period, and goes on admitting two thirds of it', () => {
    const { admitted = 0, refused = 0, abusive } = send(new ReportRate(1, 4, 30, 0), 9_000, 10);
    expect(admitted).toBeGreaterThanOrEqual(6_000);
    expect(admitted).toBeLessThanOrEqual(6_004);
    expect(refused).toBe(9_000 - admitted);
    expect(abusive).toBe(0);
  });

  it('calls it abuse where reports go on coming ten times as often', () => {
    const rate = new ReportRate(1, 4, 100, 0);
    const verdicts = Array.from({ length: 20 }, (_, i) => rate.check(i * 10));
    expect(verdicts.slice(0, 4)).toEqual(['admitted', 'admitted', 'admitted', 'admitted']);
    expect(verdicts).toContain('refused');
    expect(verdicts).toContain('abusive');
  });

  it('follows a change of period, and counts in slots as long as they are', () => {
    const rate = new ReportRate(0.5, 1, 320, 0);
    rate.check(0);
    expect(rate.check(79)).toBe('refused');
    expect(rate.check(80)).toBe('admitted');
    rate.tell(2, 80);
    expect(rate.check(80.5)).toBe('admitted');
  });
});
