import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { OverloadControl, type Relief, reliefLevels } from '../../../bs-server/src/ops/overload-control.ts';
import { Tally } from '../../../bs-server/src/ops/server-stats.ts';

/** A control with a tally and a clock in the test's hands; one window is 250 ms. */
function createRig(overloadControl = true) {
  const tally = new Tally();
  const applied: Relief[] = [];
  let nowMs = 0;
  const control = new OverloadControl({
    deadlineMs: 100,
    maxQueueSize: 1000,
    maxBatchSize: 16,
    tally,
    overloadControl,
    apply: (relief) => applied.push(relief),
    logger: pino({ level: 'silent' }),
    clock: () => nowMs,
  });
  const window = (decoded: number, superseded: number, busyMs: number) => {
    nowMs += 250;
    for (let i = 0; i < decoded; i++) tally.reasons.add('decoded/estimate-published');
    for (let i = 0; i < superseded; i++) tally.reasons.add('superseded/newer-report');
    tally.decodeMs.add(busyMs);
    tally.queueMs.add(decoded * 10);
    control.tick(1);
  };
  return { control, applied, window };
}

describe('OverloadControl', () => {
  it('tells UEs of every change, and of nothing else', () => {
    const { control, applied, window } = createRig();
    window(100, 0, 245);
    expect(applied).toEqual([]);
    window(100, 20, 245);
    window(100, 20, 245);
    expect(applied).toEqual([reliefLevels[1], reliefLevels[2]]);
    expect(control.level).toBe(2);
    for (let i = 0; i < 16; i++) window(10, 0, 25);
    expect(applied.slice(2)).toEqual([reliefLevels[1], reliefLevels[0]]);
  });

  it('counts misses of the window alone, not of what went before', () => {
    const { control, window } = createRig();
    window(100, 50, 245);
    window(100, 0, 245);
    expect(control.level).toBe(1);
  });

  it('bounds the queue, at the last level, by what can be decoded in half a deadline', () => {
    const { control, window } = createRig();
    expect(control.queueBound).toBe(1000);
    for (let i = 0; i < 5; i++) window(500, 50, 250);
    expect(control.queueBound).toBe(1000);
    window(500, 50, 250);
    // 2 reports a ms for 50 ms.
    expect(control.queueBound).toBe(100);
    window(25, 5, 250);
    expect(control.queueBound).toBe(16);
  });

  it('leaves UEs alone where it is switched off', () => {
    const { control, applied, window } = createRig(false);
    for (let i = 0; i < 6; i++) window(500, 50, 250);
    expect([control.level, control.queueBound, applied]).toEqual([0, 1000, []]);
  });
});
