import { csiMatrixOf } from '@edge-csi/proto';
import { describe, expect, it } from 'vitest';
import type { PublishedEstimate } from '../../../bs-server/src/publish/estimate-stream.ts';
import { HeldEstimates } from '../../../bs-server/src/publish/held-estimates.ts';

function estimate(ueId: string, epoch: number, value: number): PublishedEstimate {
  return {
    ueId,
    epoch,
    seq: 7,
    slot: 20,
    modelId: 'tiny',
    csi: csiMatrixOf({ numAntennas: 1, numDelays: 1, values: Float32Array.of(value, 0) }),
    quality: 'fresh',
    ageMs: 5,
    queueMs: 1,
    decodeMs: 2,
    receivedMs: 998,
    payloadBits: 40,
    expectedError: 0,
  };
}

describe('HeldEstimates', () => {
  it("repeats a UE's latest estimate, older and flagged, until it is too old", () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 8 });
    held.keep(estimate('a', 1, 3), 1000);
    const last = estimate('a', 1, 4);
    held.keep(last, 1010);
    expect(held.of('a', 1, 1105)).toEqual({ ...last, quality: 'held', ageMs: 100, payloadBits: 0 });
    expect(held.of('a', 1, 1106)).toBeUndefined();
    expect(held.of('b', 1, 1010)).toBeUndefined();
  });

  it('keeps a copy: the decoder writes over its estimates', () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 8 });
    const given = estimate('a', 1, 3);
    held.keep(given, 1000);
    given.csi.values.fill(0);
    expect(held.of('a', 1, 1000)?.csi).toEqual(estimate('a', 1, 3).csi);
  });

  it('does not hand an estimate on to another session', () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 8 });
    held.keep(estimate('a', 1, 3), 1000);
    expect(held.of('a', 2, 1000)).toBeUndefined();
  });

  it('forgets the UE decoded longest ago beyond its bound', () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 2 });
    for (const ueId of ['a', 'b', 'a', 'c']) held.keep(estimate(ueId, 1, 3), 1000);
    expect(['a', 'b', 'c'].map((ueId) => held.of(ueId, 1, 1000) !== undefined)).toEqual([true, false, true]);
  });

  it('keeps nothing where nothing may be held', () => {
    const held = new HeldEstimates({ maxHoldMs: 0, maxUes: 2 });
    held.keep(estimate('a', 1, 3), 1000);
    expect(held.of('a', 1, 1000)).toBeUndefined();
  });
});
