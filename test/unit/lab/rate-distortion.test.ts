import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zooDirectory } from '@edge-csi/models/disk';
import { describe, expect, it, onTestFinished } from 'vitest';
import { measureRateDistortion } from '../../../scripts/cli/src/bench/rate-distortion/measure.ts';
import { sampleData } from '../../../scripts/lab/src/data.ts';
import {
  bestWithin,
  costOf,
  paretoFront,
  type RatePoint,
  type Scheme,
  sweep,
} from '../../../scripts/lab/src/schemes/scheme.ts';
import { UsageError } from '../../../scripts/lab/src/usage-error.ts';
import { correlatedSamples } from './baselines/correlated-samples.ts';

const point = (bits: number, nmseDb: number, chosenAt?: { bits: number; nmseDb: number }): RatePoint => ({
  scheme: 'model',
  family: 'network',
  bits,
  nmseDb,
  setting: { phaseTheta: 1 },
  ...(chosenAt && { chosenAt }),
});

it('keeps only points that nothing beats in both bits and NMSE', () => {
  const beaten = [point(300, -9), point(300, -8), point(250, -7), point(500, -12)];
  const kept = [point(200, -8), point(280, -10), point(400, -12)];
  expect(paretoFront([...beaten, ...kept], costOf)).toEqual(kept);
});

describe('the best point within a budget', () => {
  it('is the most accurate one that meets it', () => {
    const points = [point(200, -8), point(280, -10), point(290, -9)];
    expect([100, 200, 300].map((budget) => bestWithin(points, budget))).toEqual([undefined, points[0], points[1]]);
  });

  it('is chosen by its accuracy where settings were chosen, not where it is measured', () => {
    const lucky = point(300, -12, { bits: 300, nmseDb: -9 });
    const chosen = point(300, -10, { bits: 300, nmseDb: -11 });
    expect(bestWithin([lucky, chosen], 300)).toBe(chosen);
  });

  it('has to meet it on both', () => {
    const point301 = point(301, -12, { bits: 300, nmseDb: -12 });
    expect(bestWithin([point301], 300)).toBeUndefined();
  });
});

describe('a sweep', () => {
  /** Sends as many of the real parts as its setting says, at a bit each. */
  const scheme: Scheme = {
    name: 'parts',
    family: 'baseline',
    settings: [{ parts: 4 }, { parts: 16 }, { parts: 16, wasted: 9 }],
    carry: async (samples, { parts = 0, wasted = 0 }, onReport) => {
      for (const [i, { downlink }] of samples.entries()) {
        onReport(i, parts + wasted, { ...downlink, values: downlink.values.map((v, k) => (k < parts ? v : 0)) });
      }
    },
  };

  it('measures on one set the settings that were worth choosing on the other', async () => {
    const select = correlatedSamples(50, 1);
    const measure = correlatedSamples(50, 2);
    const seen: number[] = [];
    const points = await sweep(scheme, { select, measure }, (done) => seen.push(done));
    expect(seen).toEqual([1, 2, 3]);
    const alone = await sweep(scheme, { select: measure, measure }, () => undefined);
    const chosen = await sweep(scheme, { select, measure: select }, () => undefined);
    expect(points.map(({ setting }) => setting)).toEqual([{ parts: 4 }, { parts: 16 }]);
    expect(points).toEqual(alone.map((at, i) => ({ ...at, chosenAt: { bits: at.bits, nmseDb: chosen[i]?.nmseDb } })));
    expect(chosen[1]?.nmseDb).not.toBe(alone[1]?.nmseDb);
  });
});

describe('the suite', () => {
  async function attempt(roles: { select?: string; baselinesFrom?: string }) {
    const { signal } = new AbortController();
    const models = ['dualnet-mag-m43'];
    return measureRateDistortion(
      { models, zoo: zooDirectory(), seed: 1, data: sampleData, samples: 1, fitSamples: 2, ...roles },
      signal,
    );
  }

  it('refuses to fit or choose on the bytes it measures on, under any name', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const copy = path.join(folder, 'train.npz');
    await copyFile(sampleData, copy);
    await expect(attempt({ baselinesFrom: copy })).rejects.toThrowError(
      new UsageError('--baselines-from and --data are the same data (train.npz); give another file'),
    );
    await expect(attempt({ select: copy })).rejects.toThrowError(/^--select and --data are the same data/);
  });
});
