import { describe, expect, it } from 'vitest';
import { TokenBucket } from '../../../bs-server/src/net/limits.ts';

function takeAll(bucket: TokenBucket, nowMs: number): number {
  let taken = 0;
  while (bucket.take(nowMs)) taken++;
  return taken;
}

describe('TokenBucket', () => {
  it('admits a burst, then its rate', () => {
    const bucket = new TokenBucket(100, 5, 0);
    expect(takeAll(bucket, 0)).toBe(5);
    expect(takeAll(bucket, 9)).toBe(0);
    expect(takeAll(bucket, 10)).toBe(1);
    expect(takeAll(bucket, 30)).toBe(2);
  });

  it('saves up no more than a burst', () => {
    const bucket = new TokenBucket(100, 5, 0);
    expect(takeAll(bucket, 0)).toBe(5);
    expect(bucket.isFull(49)).toBe(false);
    expect(bucket.isFull(50)).toBe(true);
    expect(takeAll(bucket, 1e9)).toBe(5);
  });

  it('keeps what was gained at one rate when it changes to another', () => {
    const bucket = new TokenBucket(1000, 10, 0);
    takeAll(bucket, 0);
    bucket.setRate(1, 3);
    expect(takeAll(bucket, 4)).toBe(3);
    expect(takeAll(bucket, 1004)).toBe(1);
  });

  it('gains nothing from a clock that runs backwards', () => {
    const bucket = new TokenBucket(1000, 2, 100);
    takeAll(bucket, 100);
    expect(takeAll(bucket, 50)).toBe(0);
    expect(takeAll(bucket, 100)).toBe(0);
    expect(takeAll(bucket, 101)).toBe(1);
  });
});
