import { describe, expect, it } from 'vitest';
import { ReportWatch } from '../../../bs-server/src/join/report-watch.ts';

const deadlineMs = 100;
const period = 20;

/** A watch of UE 'a', epoch 1, that has reported in slot 0. */
function watching(maxUes = 4): ReportWatch {
  const watch = new ReportWatch({ deadlineMs, maxUes });
  watch.join('a', 1, period);
  watch.report('a', 1, 0, period);
  return watch;
}

function lostSlots(watch: ReportWatch, nowMs: number): number[] {
  return watch.takeLost(nowMs).map(({ uplinkSlot }) => uplinkSlot);
}

describe('ReportWatch', () => {
  it('counts a report as lost once its uplink has waited for the deadline, not before', () => {
    const watch = watching();
    watch.uplink('a', 19, 10);
    expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
    watch.uplink('a', 20, 30);
    expect(watch.nextLossMs).toBe(130);
    expect(watch.takeLost(129.9)).toEqual([]);
    expect(watch.takeLost(130)).toEqual([{ ueId: 'a', epoch: 1, uplinkSlot: 20 }]);
    expect(watch.takeLost(1000)).toEqual([]);
    expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
  });

  it('goes on counting, one report a period, and names the newest uplink each time', () => {
    const watch = watching();
    for (let slot = 1; slot <= 60; slot++) watch.uplink('a', slot, slot);
    expect(lostSlots(watch, 120)).toEqual([60]);
    watch.uplink('a', 70, 121);
    expect(lostSlots(watch, 160)).toEqual([70, 70]);
    watch.uplink('a', 80, 170);
    expect(lostSlots(watch, 270)).toEqual([80]);
  });

  it('names the newest uplink by slot where uplinks arrive out of order', () => {
    const watch = watching();
    watch.uplink('a', 25, 0);
    watch.uplink('a', 24, 1);
    expect(lostSlots(watch, 100)).toEqual([25]);
  });

  it('makes one report due per uplink, however many periods have passed', () => {
    const watch = watching();
    watch.uplink('a', 2 ** 30, 0);
    expect(lostSlots(watch, 100)).toEqual([2 ** 30]);
    watch.uplink('a', 2 ** 30 + period - 1, 200);
    expect(watch.nextLossMs).toBe(300);
    watch.uplink('a', 2 ** 30 + period - 1, 201);
    expect(lostSlots(watch, 1000)).toHaveLength(1);
  });

  it('takes a report that comes in time, before or after its uplink, for no loss', () => {
    const watch = watching();
    watch.uplink('a', 20, 0);
    watch.report('a', 1, 20, period);
    watch.report('a', 1, 40, period);
    watch.uplink('a', 40, 50);
    expect(watch.takeLost(1000)).toEqual([]);
  });

  it('keeps what is due after the report that came', () => {
    const watch = watching();
    watch.uplink('a', 20, 0);
    watch.uplink('a', 40, 20);
    watch.report('a', 1, 20, period);
    expect(watch.nextLossMs).toBe(120);
    expect(lostSlots(watch, 120)).toEqual([40]);
  });

  it('settles older reports by a newer one, and one that came a little early', () => {
    const watch = watching();
    for (const slot of [20, 40, 60]) watch.uplink('a', slot, slot);
    watch.report('a', 1, 58, period);
    expect(watch.takeLost(1000)).toEqual([]);
    watch.uplink('a', 77, 1000);
    expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
    watch.uplink('a', 78, 1000);
    expect(watch.nextLossMs).toBe(1100);
  });

  it('owes nothing before the first report of a session', () => {
    const watch = new ReportWatch({ deadlineMs, maxUes: 4 });
    watch.join('a', 1, period);
    watch.uplink('a', 20, 0);
    watch.uplink('b', 20, 0);
    expect(watch.takeLost(1000)).toEqual([]);
  });

  it('loses nothing of a UE that has left, nor of one that has come back', () => {
    const watch = watching();
    watch.uplink('a', 20, 0);
    watch.leave('a');
    expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
    expect(watch.takeLost(1000)).toEqual([]);
    watch.join('a', 2, period);
    watch.report('a', 2, 100, period);
    watch.uplink('a', 120, 1000);
    watch.join('a', 3, period);
    expect(watch.takeLost(2000)).toEqual([]);
  });

  it('takes no report of an earlier session', () => {
    const watch = watching();
    watch.join('a', 2, period);
    watch.report('a', 1, 0, period);
    watch.uplink('a', 20, 0);
    expect(watch.takeLost(1000)).toEqual([]);
  });

  it('counts slots across the wrap of their 32-bit counter', () => {
    const watch = watching();
    watch.report('a', 1, 2 ** 32 - 10, period);
    watch.uplink('a', 2 ** 32 - 1, 0);
    watch.uplink('a', 9, 10);
    expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
    watch.uplink('a', 10, 11);
    watch.uplink('a', 30, 31);
    expect(lostSlots(watch, 111)).toEqual([30]);
    watch.report('a', 1, 30, period);
    expect(watch.takeLost(1000)).toEqual([]);
  });

  it('forgets what was due when the slots start again', () => {
    const watch = watching();
    watch.report('a', 1, 1000, period);
    watch.uplink('a', 1020, 0);
    watch.estimated('a', 1, 1000);
    watch.report('a', 1, 5, period);
    expect(watch.takeLost(1000)).toEqual([]);
    expect(watch.wants('a', 1, 5)).toBe(true);
    watch.uplink('a', 25, 1000);
    expect(lostSlots(watch, 1100)).toEqual([25]);
  });

  describe('when a UE is told another period', () => {
    it('expects no report by the shorter one before a report made under it', () => {
      const watch = watching();
      watch.tell('a', 4);
      watch.uplink('a', 19, 0);
      expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
      // Made before the UE had heard of it.
      watch.report('a', 1, 20, period);
      watch.uplink('a', 39, 20);
      expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
      watch.report('a', 1, 40, 4);
      watch.uplink('a', 43, 43);
      expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
      watch.uplink('a', 44, 44);
      expect(watch.nextLossMs).toBe(144);
    });

    it('drops what is not due any more under the longer one', () => {
      const watch = watching();
      watch.uplink('a', 20, 0);
      watch.uplink('a', 40, 20);
      watch.uplink('a', 60, 40);
      watch.tell('a', 60);
      expect(watch.nextLossMs).toBe(140);
      watch.tell('a', 80);
      expect(watch.takeLost(1000)).toEqual([]);
      watch.uplink('a', 79, 1000);
      expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
      watch.uplink('a', 80, 1001);
      expect(watch.nextLossMs).toBe(1101);
    });
  });

  it('wants one estimate a slot, and none older than what is out', () => {
    const watch = watching();
    expect(watch.wants('a', 1, 2 ** 32 - 1)).toBe(true);
    watch.estimated('a', 1, 2 ** 32 - 1);
    expect(watch.wants('a', 1, 2 ** 32 - 1)).toBe(false);
    expect(watch.wants('a', 1, 3)).toBe(true);
    watch.estimated('a', 1, 3);
    // One that comes late takes nothing back.
    watch.estimated('a', 1, 1);
    expect([2, 3, 4].map((slot) => watch.wants('a', 1, slot))).toEqual([false, false, true]);
    expect(watch.wants('a', 2, 4)).toBe(false);
    expect(watch.wants('b', 1, 4)).toBe(false);
    watch.leave('a');
    expect(watch.wants('a', 1, 4)).toBe(false);
  });

  it('watches a bounded number of UEs, those that joined last', () => {
    const watch = watching(2);
    watch.uplink('a', 20, 0);
    for (const ueId of ['b', 'c']) {
      watch.join(ueId, 2, period);
      watch.report(ueId, 2, 0, period);
    }
    for (const ueId of ['a', 'b', 'c']) watch.uplink(ueId, 20, 1);
    expect(watch.size).toBe(2);
    expect(watch.takeLost(1000).map(({ ueId }) => ueId)).toEqual(['b', 'c']);
  });

  it('keeps a bounded number of due reports per UE', () => {
    const watch = watching();
    for (let slot = 20; slot <= 20 * 100; slot += 20) watch.uplink('a', slot, 0);
    expect(watch.takeLost(1000)).toHaveLength(32);
    watch.uplink('a', 20 * 101, 1000);
    expect(watch.takeLost(2000)).toHaveLength(1);
  });

  it('forgets everything when it is cleared', () => {
    const watch = watching();
    watch.uplink('a', 20, 0);
    watch.clear();
    expect(watch.nextLossMs).toBe(Number.POSITIVE_INFINITY);
    expect(watch.size).toBe(0);
  });
});
