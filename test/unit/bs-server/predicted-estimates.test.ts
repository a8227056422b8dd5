import type { ChannelPaths } from '@edge-csi/csi';
import { csiMatrixOf } from '@edge-csi/proto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PublishedEstimate } from '../../../bs-server/src/publish/estimate-stream.ts';
import { PredictedEstimates } from '../../../bs-server/src/publish/predicted-estimates.ts';

/** One path that turns by a tenth of a cycle a slot. */
const paths: ChannelPaths = {
  antennas: [2, 1],
  numSubcarriers: 8,
  coefficientsPerPath: 1,
  spatialFrequency: Float32Array.of(0, 0),
  delaySamples: Float32Array.of(0),
  gain: Float32Array.of(1, 0),
  response: new Float32Array(0),
  dopplerCyclesPerSlot: Float32Array.of(0.1),
  spanSlots: 60,
};

function estimate(ueId: string, of = paths): PublishedEstimate {
  const csi = csiMatrixOf({ numAntennas: 2, numDelays: 2, values: Float32Array.of(1, 0, 0, 0, 0, 0, 0, 0) });
  return {
    ...{ ueId, epoch: 1, seq: 7, slot: 100, modelId: 'moving', csi, quality: 'fresh', payloadBits: 200 },
    ...{ ageMs: 4, queueMs: 0, decodeMs: 0, receivedMs: 0, expectedError: 0 },
    readPaths: () => of,
  };
}

describe('predictions of estimates', () => {
  let published: PublishedEstimate[];
  const start = (options: { readonly everySlots?: number; readonly maxUes?: number } = {}) =>
    new PredictedEstimates({
      ...{ everySlots: 5, slotMs: 1, maxUes: 10, ...options },
      clock: () => performance.now(),
      publish: (prediction) => published.push(prediction),
    });

  beforeEach(() => {
    published = [];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('follow an estimate at their interval, turned on from its measurement, until they say nothing', () => {
    const predicted = start();
    predicted.keep(estimate('a'), performance.now());
    vi.advanceTimersByTime(4);
    expect(published).toEqual([]);
    vi.advanceTimersByTime(7);
    expect(
      published.map(({ slot, quality, ageMs, seq, payloadBits }) => [slot, quality, ageMs, seq, payloadBits]),
    ).toEqual([
      [109, 'predicted', 9, 7, 0],
      [114, 'predicted', 14, 7, 0],
    ]);
    const [first, second] = published;
    const gain = first?.readPaths?.().gain ?? [];
    const turnRad = 2 * Math.PI * 0.1 * 9;
    expect(Math.atan2(gain[1] as number, gain[0] as number)).toBeCloseTo(
      Math.atan2(Math.sin(turnRad), Math.cos(turnRad)),
      5,
    );
    expect(second?.expectedError).toBeGreaterThan(first?.expectedError as number);
    vi.advanceTimersByTime(10_000);
    // 1 - exp(-x / 120) is 0.9 after 276 slots.
    expect(published.at(-1)?.slot).toBeLessThan(100 + 277);
    expect(published.at(-1)?.slot).toBeGreaterThan(100 + 265);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('start again from a newer estimate, and end with one that tells no shifts', () => {
    const predicted = start();
    predicted.keep(estimate('a'), performance.now());
    vi.advanceTimersByTime(3);
    predicted.keep({ ...estimate('a'), slot: 200, seq: 8 }, performance.now());
    vi.advanceTimersByTime(5);
    expect(published.map(({ slot, seq }) => [slot, seq])).toEqual([[209, 8]]);
    predicted.keep(estimate('a', { ...paths, spanSlots: 0 }), performance.now());
    vi.advanceTimersByTime(100);
    predicted.keep({ ...estimate('b'), readPaths: undefined }, performance.now());
    vi.advanceTimersByTime(100);
    expect(published).toHaveLength(1);
  });

  it('are made when asked for where none are published between reports', () => {
    const predicted = start({ everySlots: 0 });
    predicted.keep(estimate('a'), performance.now());
    vi.advanceTimersByTime(20);
    expect(published).toEqual([]);
    expect(predicted.of('a', 1, performance.now())).toMatchObject({ slot: 124, quality: 'predicted' });
    expect(predicted.of('a', 2, performance.now())).toBeUndefined();
    expect(predicted.of('b', 1, performance.now())).toBeUndefined();
  });

  it('come in no burst after a stall, forget the UE decoded longest ago, and end', () => {
    const predicted = start({ maxUes: 2 });
    for (const ueId of ['a', 'b', 'c']) predicted.keep(estimate(ueId), performance.now());
    vi.advanceTimersByTime(5);
    expect(published.map(({ ueId }) => ueId)).toEqual(['b', 'c']);
    predicted.close();
    vi.advanceTimersByTime(100);
    predicted.keep(estimate('a'), performance.now());
    vi.advanceTimersByTime(100);
    expect(published).toHaveLength(2);
  });
});
