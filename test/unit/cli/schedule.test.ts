import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sampleOf, scheduleReports } from '../../../scripts/cli/src/link-run/schedule.ts';

const schedules = fc.record({
  numUes: fc.integer({ min: 1, max: 40 }),
  numSamples: fc.integer({ min: 1, max: 400 }),
  periodSlots: fc.integer({ min: 1, max: 320 }),
});

describe('scheduleReports', () => {
  it('deals every sample to exactly one UE, in the order of slots', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const ues = Array.from({ length: schedule.numUes }, (_, ue) => ue);
        const reports = scheduleReports(schedule, ues);
        const samples = reports.map((report) => report.sample).sort((a, b) => a - b);
        expect(samples).toEqual(Array.from({ length: schedule.numSamples }, (_, sample) => sample));
        for (let i = 1; i < reports.length; i++) {
          expect(reports[i]?.slot).toBeGreaterThanOrEqual(reports[i - 1]?.slot ?? 0);
        }
      }),
    );
  });

  it('is undone by sampleOf', () => {
    fc.assert(
      fc.property(schedules, (schedule) => {
        const ues = Array.from({ length: schedule.numUes }, (_, ue) => ue);
        for (const { ue, sample, slot } of scheduleReports(schedule, ues)) {
          expect(sampleOf(schedule, ue, slot)).toBe(sample);
        }
      }),
    );
  });

  it('spaces the reports of one UE by the period', () => {
    const slots = scheduleReports({ numUes: 4, numSamples: 12, periodSlots: 40 }, [1]).map((report) => report.slot);
    expect(slots).toEqual([10, 50, 90]);
  });
});

describe('sampleOf', () => {
  it.each([
    ['between two reports', 11],
    ['before the first', 9],
    ['after the last', 130],
  ])('knows no sample in a slot %s', (_, slot) => {
    expect(sampleOf({ numUes: 4, numSamples: 12, periodSlots: 40 }, 1, slot)).toBeUndefined();
  });
});
