import { describe, expect, it } from 'vitest';
import {
  type LoadWindow,
  OverloadPolicy,
  type Relief,
  reliefLevels,
} from '../../../bs-server/src/ops/overload-control.ts';

const idle: LoadWindow = { settled: 10, missed: 0, queueMs: 1, busyShare: 0.1 };
const missing: LoadWindow = { settled: 100, missed: 10, queueMs: 20, busyShare: 1 };
const waiting: LoadWindow = { settled: 100, missed: 0, queueMs: 60, busyShare: 0.95 };

function observeAll(policy: OverloadPolicy, window: LoadWindow, times: number): number {
  let level = policy.level;
  for (let i = 0; i < times; i++) level = policy.observe(window);
  return level;
}

describe('OverloadPolicy', () => {
  it('asks for nothing while the decoders keep up', () => {
    expect(observeAll(new OverloadPolicy(100), { ...waiting, queueMs: 40 }, 50)).toBe(0);
  });

  it.each([
    ['miss reports', missing],
    ['keep reports waiting for half their deadline', waiting],
  ])('goes up a level with every window in which saturated decoders %s', (_name, window) => {
    const policy = new OverloadPolicy(100);
    expect([1, 2, 3].map(() => policy.observe(window))).toEqual([1, 2, 3]);
    expect(observeAll(policy, window, 50)).toBe(reliefLevels.length - 1);
  });

  it('does not take misses for overload while the decoders are idle', () => {
    expect(observeAll(new OverloadPolicy(100), { ...missing, busyShare: 0.5 }, 50)).toBe(0);
  });

  it('gives a level back after a calm while, one at a time', () => {
    const policy = new OverloadPolicy(100);
    observeAll(policy, missing, 2);
    expect(observeAll(policy, idle, 7)).toBe(2);
    expect(observeAll(policy, idle, 1)).toBe(1);
    expect(observeAll(policy, idle, 8)).toBe(0);
  });

  it('keeps a level that holds a load which would not fit without it', () => {
    const policy = new OverloadPolicy(100);
    observeAll(policy, missing, 1);
    // Twice as many reports would come back with the shorter period.
    expect(observeAll(policy, { ...idle, busyShare: 0.5 }, 100)).toBe(1);
    expect(observeAll(policy, { ...idle, busyShare: 0.3 }, 8)).toBe(0);
  });

  it('starts to count calm windows again after a miss', () => {
    const policy = new OverloadPolicy(100);
    observeAll(policy, missing, 1);
    observeAll(policy, idle, 7);
    policy.observe({ ...missing, busyShare: 0.2 });
    expect(observeAll(policy, idle, 7)).toBe(1);
  });
});

describe('reliefLevels', () => {
  it('lengthens periods, then drops bits, then sheds', () => {
    const changes = reliefLevels.slice(1).map((relief, i) => {
      const before = reliefLevels[i] as Relief;
      if (relief.shedding !== before.shedding) return 'shed';
      return relief.periodFactor > before.periodFactor ? 'period' : 'bits';
    });
    expect(changes).toEqual(['period', 'period', 'period', 'bits', 'bits', 'shed']);
  });
});
