import { type AngularDelayCsi, nmseDb } from '@edge-csi/csi';
import { type ChannelEstimate, csiMatrixOf, type EstimateQuality } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import { type Compared, Comparison } from '../../../ue-client/examples/browser/src/comparison.ts';

const csi = (...values: number[]): AngularDelayCsi => ({
  domain: 'angular-delay',
  numAntennas: 1,
  numDelays: 2,
  values: Float32Array.from(values),
});
const truth = csi(1, 0, 0, 1);

function estimate(slot: number, quality: EstimateQuality, values: AngularDelayCsi = truth): ChannelEstimate {
  const zeros = {
    epoch: 1,
    seq: 1,
    ageMs: 0,
    queueMs: 0,
    decodeMs: 0,
    receivedMs: 0,
    payloadBits: 0,
    expectedError: 0,
  };
  return { ...zeros, ueId: 'ue', slot, modelId: 'm', quality, csi: csiMatrixOf(values) };
}

function compare() {
  const seen: Compared[] = [];
  return { seen, comparison: new Comparison((compared) => seen.push(compared)) };
}

describe('the comparison of the page', () => {
  it('brings truth and estimate of a slot together, whichever comes first', () => {
    const { seen, comparison } = compare();
    comparison.addTruth(1, truth);
    comparison.addEstimate(estimate(2, 'fresh', csi(1, 0, 0, 0)));
    expect(seen).toEqual([]);
    comparison.addEstimate(estimate(1, 'stale-uplink', csi(0, 0, 0, 1)));
    comparison.addTruth(2, truth);
    expect(seen.map(({ slot }) => slot)).toEqual([1, 2]);
    expect(seen[0]?.nmseDb).toBeCloseTo(nmseDb([0.5]), 12);
  });

  it('takes the mean of the ratios', () => {
    const { comparison } = compare();
    comparison.addTruth(1, csi(1, 0, 0, 0));
    comparison.addTruth(2, csi(100, 0, 0, 0));
    comparison.addEstimate(estimate(1, 'fresh', csi(0, 0, 0, 0)));
    comparison.addEstimate(estimate(2, 'no-uplink', csi(90, 0, 0, 0)));
    expect(comparison.count).toBe(2);
    expect(comparison.meanNmseDb).toBeCloseTo(10 * Math.log10((1 + 0.01) / 2), 5);
  });

  it('shows what stands in for a report, and does not count it', () => {
    const { seen, comparison } = compare();
    comparison.addTruth(1, truth);
    comparison.addEstimate(estimate(1, 'uplink-only'));
    comparison.addEstimate(estimate(1, 'held'));
    expect(seen.map(({ nmseDb: db }) => db)).toEqual([undefined, undefined]);
    expect(comparison.meanNmseDb).toBeNaN();
    comparison.addEstimate(estimate(1, 'fresh', csi(0, 0, 0, 1)));
    expect(comparison.count).toBe(1);
  });

  it('counts an estimate once, and forgets what has waited too long', () => {
    const { seen, comparison } = compare();
    comparison.addTruth(0, truth);
    comparison.addEstimate(estimate(0, 'fresh'));
    comparison.addEstimate(estimate(0, 'fresh'));
    expect(comparison.count).toBe(1);
    for (let slot = 1; slot <= 300; slot++) comparison.addTruth(slot, truth);
    comparison.addEstimate(estimate(1, 'fresh'));
    comparison.addEstimate(estimate(300, 'fresh'));
    expect(seen.map(({ slot }) => slot)).toEqual([0, 300]);
  });
});
