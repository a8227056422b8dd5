import { describe, expect, it } from 'vitest';
import { HeldEstimates } from '../../../bs-server/src/publishing/held-estimates.ts';
import type { DecodedReport } from '../../../bs-server/src/report-pipeline.ts';

function decoded(ueId: string, epoch: number, receivedMs: number, value: number): DecodedReport {
  const report = { ueId, epoch, receivedMs, processingUs: 5_000 } as DecodedReport['job']['report'];
  const job: DecodedReport['job'] = { report, uplink: undefined, uplinkMs: undefined, quality: 'no-uplink' };
  return { job, values: Float32Array.of(value, 0), queueMs: 1, decodeMs: 2 };
}

describe('HeldEstimates', () => {
  it("keeps a copy of each UE's latest estimate until it is too old", () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 8 });
    const first = decoded('a', 1, 1000, 3);
    held.keep(first);
    first.values.fill(0);
    expect([...(held.of('a', 1, 1095)?.values ?? [])]).toEqual([3, 0]);
    // The UE's own 5 ms count.
    expect(held.of('a', 1, 1096)).toBeUndefined();
    held.keep(decoded('a', 1, 1090, 4));
    expect([...(held.of('a', 1, 1096)?.values ?? [])]).toEqual([4, 0]);
    expect(held.of('b', 1, 1000)).toBeUndefined();
  });

  it('does not hand an estimate on to another session', () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 8 });
    held.keep(decoded('a', 1, 1000, 3));
    expect(held.of('a', 2, 1000)).toBeUndefined();
  });

  it('forgets the UE decoded longest ago beyond its bound', () => {
    const held = new HeldEstimates({ maxHoldMs: 100, maxUes: 2 });
    for (const ueId of ['a', 'b', 'a', 'c']) held.keep(decoded(ueId, 1, 1000, 3));
    expect(['a', 'b', 'c'].map((ueId) => held.of(ueId, 1, 1000) !== undefined)).toEqual([true, false, true]);
  });

  it('keeps nothing where nothing may be held', () => {
    const held = new HeldEstimates({ maxHoldMs: 0, maxUes: 2 });
    held.keep(decoded('a', 1, 1000, 3));
    expect(held.of('a', 1, 1000)).toBeUndefined();
  });
});
