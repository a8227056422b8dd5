import type { ServerStats } from '@edge-csi/bs-server';
import type { AngularDelayCsi } from '@edge-csi/csi';
import type { CsiSource } from '@edge-csi/csi/files';
import { describe, expect, it } from 'vitest';
import { examplesOf, mergeExamples, typicalSamples, unpackLevels } from '../../../scripts/cli/src/link-run/example.ts';
import type { LinkRecords, ReceivedEstimate } from '../../../scripts/cli/src/link-run/result.ts';
import { servedModel } from '../bs-server/served-model.ts';

/** 2 x 2 entries, real. */
function csi(...parts: number[]): AngularDelayCsi {
  const values = Float32Array.from([...parts, 0, 0, 0, 0]);
  return { domain: 'angular-delay', numAntennas: 2, numDelays: 2, values };
}

const truth = csi(2, 0.2, 0, -1);
const uplink = csi(0.5, 0, 0, 0.05);

/** A run whose estimate of sample i misses the first entry by i thousandths. */
function recordsOf(id: string, samples: readonly number[]): LinkRecords {
  const estimateOf = (sample: number): ReceivedEstimate => {
    const estimate = { csi: csi(2 - sample / 1000, 0.2, 0, -1) } as ReceivedEstimate['estimate'];
    return { estimate, atMs: 0 };
  };
  return {
    manifest: servedModel(id).manifest,
    budgetBits: undefined,
    numUes: 1,
    source: { downlink: () => truth } as unknown as CsiSource,
    sent: [],
    estimates: new Map(samples.map((sample) => [sample, estimateOf(sample)])),
    stats: {} as ServerStats,
  };
}

const all = Array.from({ length: 101 }, (_, sample) => sample);
const uplinks = all.map(() => uplink);

describe('examples of a link run', () => {
  it('are a sample of median error and one of the worst 5 %, whatever the order of their arrival', () => {
    expect(typicalSamples(recordsOf('a', [...all].reverse()))).toEqual([50, 95]);
    expect(typicalSamples(recordsOf('a', [7]))).toEqual([7]);
    expect(typicalSamples(recordsOf('a', []))).toEqual([]);
  });

  it('hold magnitudes in dB relative to the peaks', () => {
    const [example] = examplesOf(recordsOf('a', all), [100], uplinks);
    expect(example).toMatchObject({ sample: 100, numAntennas: 2, numDelays: 2, tapNs: 50 });
    expect([...unpackLevels(example?.downlink ?? '')]).toEqual([0, -20, -128, -6]);
    expect([...unpackLevels(example?.uplink ?? '')]).toEqual([0, -128, -128, -20]);
    const [estimate] = example?.estimates ?? [];
    // Off by 0.1 of a peak of 2, of an energy of 5.04.
    expect([...unpackLevels(estimate?.error ?? '')]).toEqual([-26, -128, -128, -128]);
    expect(estimate?.nmseDb).toBeCloseTo(10 * Math.log10(0.01 / 5.04), 3);
  });

  it('keep the models of one sample together, and say where one has no estimate', () => {
    const first = examplesOf(recordsOf('a', [1, 2]), [1, 2], uplinks);
    const second = examplesOf(recordsOf('b', [2]), [1, 2], uplinks);
    const merged = mergeExamples(first, second);
    expect(merged.map(({ sample, estimates }) => [sample, ...estimates.map(({ model }) => model)])).toEqual([
      [1, 'a'],
      [2, 'a', 'b'],
    ]);
  });
});
