import { describe, expect, it } from 'vitest';
import { createBackoff } from '../../../ue-client/src/wait.ts';

describe('createBackoff', () => {
  it('doubles the range of its full jitter up to the limit, and starts over on reset', () => {
    const backoff = createBackoff({ minDelayMs: 100, maxDelayMs: 500, random: () => 0.5 });
    expect([1, 2, 3, 4, 5].map(() => backoff.nextDelayMs())).toEqual([50, 100, 200, 250, 250]);
    backoff.reset();
    expect(backoff.nextDelayMs()).toBe(50);
  });

  it('stays finite for ever', () => {
    const backoff = createBackoff({ minDelayMs: 1, maxDelayMs: 10, random: () => 0.999 });
    for (let i = 0; i < 2000; i++) expect(backoff.nextDelayMs()).toBeLessThan(10);
  });
});
