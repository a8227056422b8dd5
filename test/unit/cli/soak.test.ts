import { createRandom } from '@edge-csi/csi';
import { expect, it } from 'vitest';
import { fitGrowth, problemsOf } from '../../../scripts/cli/src/bench/soak/measure.ts';

it('fits the slope of a line through noise, and says how sure it is', () => {
  const random = createRandom(1);
  const points = Array.from({ length: 600 }, (_, atS) => ({ atS, value: 150 + atS / 360 + random.gaussian() }));
  const { perHour, standardError } = fitGrowth(points);
  // A standard deviation of 1 over 600 points a second apart: 3600 / sqrt(600^3 / 12).
  expect(standardError).toBeCloseTo(0.85, 1);
  expect(Math.abs(perHour - 10)).toBeLessThan(3 * standardError);
});

it('fits no line to two points', () => {
  expect(() => fitGrowth([0, 1].map((atS) => ({ atS, value: 1 })))).toThrow(/2 points, must be at least 3/);
});

const stats = {
  received: 100,
  decoded: 90,
  superseded: 4,
  late: 5,
  shed: 1,
  invalid: 0,
  inFlight: 0,
  lost: 0,
  referring: 0,
  hints: { sent: 0, bits: 0 },
  reasons: {},
  qualities: { fresh: 84, 'no-uplink': 6, 'uplink-only': 2, held: 1 },
  uplinkOnly: { published: 2, dropped: 0 },
  uplinks: { received: 0, invalid: 0, uesEvicted: 0 },
  estimates: { sent: 93, skipped: 0 },
  rejects: {},
  refused: {},
  batches: { decoded: 90, failed: 0 },
  workerRestarts: 0,
  connections: { ues: 0, phyFeeds: 0, subscribers: 0 },
  overloadLevel: 0,
};
const churn = { sent: 105, outcomes: { decoded: 88, superseded: 4, late: 5, shed: 1, invalid: 0 } };

it('finds nothing where every report is accounted for', () => {
  expect(problemsOf({ stats, unhandledRejections: 0 }, churn, 93)).toEqual([]);
});

it.each([
  ['a rejection nobody handled', {}, { unhandledRejections: 1 }, 93, /1 unhandled rejections/],
  ['a report that is not settled', { decoded: 89 }, {}, 92, /100 reports received, 99 settled/],
  ['a report in flight', { inFlight: 1 }, {}, 93, /1 reports in flight/],
  ['a report nobody sent', { received: 106, decoded: 96 }, {}, 93, /106 reports received, 105 sent/],
  ['a valid report that was refused', { decoded: 89, invalid: 1 }, {}, 92, /1 reports refused/],
  ['an estimate nobody published', {}, {}, 94, /94 estimates at the subscriber, 93 published/],
  ['a decode worker that crashed', { workerRestarts: 1 }, {}, 93, /1 decode workers restarted/],
  ['a UE that never left', { connections: { ues: 1, phyFeeds: 0, subscribers: 0 } }, {}, 93, /1 UEs connected/],
])('names %s', (_name, change, closed, estimates, problem) => {
  const end = { stats: { ...stats, ...change }, unhandledRejections: 0, ...closed };
  expect(problemsOf(end, churn, estimates)).toEqual([expect.stringMatching(problem)]);
});
