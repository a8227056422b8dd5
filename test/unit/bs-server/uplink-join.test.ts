import { describe, expect, it } from 'vitest';
import { type AcceptedReport, UplinkJoin } from '../../../bs-server/src/join/uplink-join.ts';
import type { UplinkSample } from '../../../bs-server/src/queue/decode-job.ts';

const shape = { numAntennas: 1, numDelays: 1 };

function createJoin(options: Partial<ConstructorParameters<typeof UplinkJoin>[0]> = {}) {
  return new UplinkJoin({
    freshnessWindowSlots: 3,
    maxUplinkAgeMs: 1000,
    uplinkWaitMs: 2,
    uplinksPerUe: 4,
    maxUes: 8,
    ...options,
  });
}

function uplink(slot: number, ofShape = shape): UplinkSample {
  return { slot, ...ofShape, values: new Float32Array(2 * ofShape.numAntennas * ofShape.numDelays) };
}

function report(slot: number, receivedMs: number, ueId = 'a', deadlineMs = 100): AcceptedReport {
  return {
    ueId,
    epoch: 1,
    seq: slot,
    slot,
    model: 'tiny@0',
    modelId: 'tiny',
    shape,
    periodSlots: 20,
    usesUplink: true,
    record: new Uint8Array(),
    payloadBits: 16,
    receivedMs,
    arrivalAgeMs: 0,
    deadlineMs,
    origin: { settle: () => undefined, flush: () => undefined },
  };
}

describe('UplinkJoin', () => {
  it('joins a report with the uplink of its own slot, though newer ones are there', () => {
    const join = createJoin();
    for (const slot of [9, 10, 11]) join.pushUplink('a', uplink(slot), 0);
    const { job } = join.pushReport(report(10, 0));
    expect(job?.uplink?.slot).toBe(10);
    expect(job?.quality).toBe('fresh');
  });

  it('falls back to the newest uplink within the freshness window and says so', () => {
    const join = createJoin();
    for (const slot of [7, 9, 8]) join.pushUplink('a', uplink(slot), 0);
    const { job } = join.pushReport(report(11, 0));
    expect(job?.uplink?.slot).toBe(9);
    expect(job?.quality).toBe('stale-uplink');
  });

  it('uses no uplink that is older than the window or newer than the report', () => {
    const join = createJoin({ uplinkWaitMs: 0 });
    join.pushUplink('a', uplink(6), 0);
    join.pushUplink('a', uplink(11), 0);
    const { job } = join.pushReport(report(10, 0));
    expect(job).toMatchObject({ slot: 10, uplink: undefined, quality: 'no-uplink' });
  });

  it('uses no uplink of another UE or of another shape', () => {
    const join = createJoin({ uplinkWaitMs: 0 });
    join.pushUplink('b', uplink(10), 0);
    join.pushUplink('a', uplink(10, { numAntennas: 2, numDelays: 1 }), 0);
    expect(join.pushReport(report(10, 0)).job?.quality).toBe('no-uplink');
  });

  it.each([0, 3])('uses no uplink of its slots that arrived too long before it, window %d', (freshnessWindowSlots) => {
    const join = createJoin({ freshnessWindowSlots, maxUplinkAgeMs: 50, uplinkWaitMs: 0 });
    join.pushUplink('a', uplink(10), 100);
    expect(join.pushReport(report(10, 150, 'a', 500)).job?.quality).toBe('fresh');
    expect(join.pushReport(report(10, 150.5, 'a', 500)).job).toMatchObject({
      uplink: undefined,
      quality: 'no-uplink',
    });
  });

  it('takes the uplink of the present run over the one of an earlier run with the same slot', () => {
    const join = createJoin({ maxUplinkAgeMs: 50 });
    const earlier = uplink(10);
    const present = uplink(10);
    join.pushUplink('a', earlier, 100);
    expect(join.pushReport(report(10, 200, 'a', 500))).toEqual({});
    expect(join.pushUplink('a', present, 201)?.uplink?.values).toBe(present.values);
  });

  it('measures the age of an uplink at the arrival of its report, not at the end of its wait', () => {
    const join = createJoin({ maxUplinkAgeMs: 50, uplinkWaitMs: 80 });
    join.pushReport(report(10, 100, 'a', 500));
    join.pushUplink('a', uplink(9), 101);
    expect(join.takeExpired(180).map(({ quality }) => quality)).toEqual(['stale-uplink']);
  });

  it('counts slots across the wrap of their 32-bit counter', () => {
    const join = createJoin();
    join.pushUplink('a', uplink(2 ** 32 - 1), 0);
    const { job } = join.pushReport(report(1, 0));
    expect(job?.uplink?.slot).toBe(2 ** 32 - 1);
    expect(job?.quality).toBe('stale-uplink');
  });

  it('holds a report without any uplink until its own arrives', () => {
    const join = createJoin();
    expect(join.pushReport(report(10, 5))).toEqual({});
    expect(join.waiting).toBe(1);
    expect(join.pushUplink('a', uplink(11), 0)).toBeUndefined();
    expect(join.pushUplink('b', uplink(10), 0)).toBeUndefined();
    expect(join.pushUplink('a', uplink(10), 0)?.quality).toBe('fresh');
    expect(join.waiting).toBe(0);
  });

  it('releases a report after its wait, with an older uplink that came meanwhile, or without', () => {
    const join = createJoin();
    join.pushReport(report(10, 5, 'a'));
    join.pushReport(report(10, 6, 'b'));
    join.pushUplink('b', uplink(9), 0);
    expect(join.nextExpiryMs).toBe(7);
    expect(join.takeExpired(6.9)).toEqual([]);
    expect(join.takeExpired(7).map(({ ueId, quality }) => [ueId, quality])).toEqual([['a', 'no-uplink']]);
    expect(join.takeExpired(8).map(({ ueId, quality }) => [ueId, quality])).toEqual([['b', 'stale-uplink']]);
    expect(join.nextExpiryMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('never holds a report past its deadline', () => {
    const join = createJoin({ uplinkWaitMs: 50 });
    join.pushReport(report(10, 10, 'a', 20));
    expect(join.nextExpiryMs).toBe(20);
  });

  it('replaces a waiting report by a newer one of the same UE and gives the older one back', () => {
    const join = createJoin();
    join.pushReport(report(10, 0));
    expect(join.pushReport(report(11, 1))).toMatchObject({ superseded: { slot: 10 } });
    join.pushUplink('a', uplink(12), 0);
    const { job, superseded } = join.pushReport(report(12, 2));
    expect(superseded?.slot).toBe(11);
    expect(job?.quality).toBe('fresh');
    expect(join.waiting).toBe(0);
  });

  it('keeps the newest uplinks of a UE only', () => {
    const join = createJoin({ uplinksPerUe: 2, uplinkWaitMs: 0, freshnessWindowSlots: 0 });
    for (const slot of [1, 2, 3]) join.pushUplink('a', uplink(slot), 0);
    const qualityAt = (slot: number) => join.pushReport(report(slot, 0)).job?.quality;
    expect([1, 2, 3].map(qualityAt)).toEqual(['no-uplink', 'fresh', 'fresh']);
  });

  it('forgets the UE that was fed longest ago when there are too many, and counts it', () => {
    const join = createJoin({ maxUes: 2, uplinkWaitMs: 0 });
    join.pushUplink('a', uplink(1), 0);
    join.pushUplink('b', uplink(1), 0);
    join.pushUplink('a', uplink(2), 0);
    join.pushUplink('c', uplink(1), 0);
    expect(join.evicted).toBe(1);
    const qualityOf = (ueId: string) => join.pushReport(report(1, 0, ueId)).job?.quality;
    expect(['a', 'b', 'c'].map(qualityOf)).toEqual(['fresh', 'no-uplink', 'fresh']);
  });
});
