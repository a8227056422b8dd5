import { expect, it } from 'vitest';
import { bestWithin, lowerHull, type RatePoint } from '../../../scripts/src/bench/rate-distortion.ts';

const point = (bits: number, nmseDb: number): RatePoint => ({
  scheme: 'model',
  bits,
  nmseDb,
  codewordTruncation: 0,
  phaseTheta: 1,
});

it('keeps only points that nothing beats in both bits and NMSE', () => {
  const beaten = [point(300, -9), point(300, -8), point(250, -7), point(500, -12)];
  const kept = [point(200, -8), point(280, -10), point(400, -12)];
  expect(lowerHull([...beaten, ...kept])).toEqual(kept);
});

it('names the most accurate point within each budget that one meets', () => {
  const points = [point(200, -8), point(280, -10), point(290, -9)];
  expect(bestWithin(points, [100, 200, 300])).toEqual([
    [200, point(200, -8)],
    [300, point(280, -10)],
  ]);
});
