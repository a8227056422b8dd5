import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { VitalSigns } from '../../../bs-server/src/ops/vital-signs.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Vital signs of a pool in the test's hands. `beat` is one look, which comes that many ms after the last. */
function createRig() {
  let nowMs = 0;
  const pool = { serving: true, limits: [] as number[], checkProgress: (limitMs: number) => pool.limits.push(limitMs) };
  const signs = new VitalSigns({
    decoder: pool,
    overload: undefined,
    drifts: () => [],
    decoderTimeoutMs: 700,
    logger: pino({ level: 'silent' }),
    clock: () => nowMs,
  });
  const pass = (ms: number) => {
    nowMs += ms;
  };
  const beat = (afterMs: number) => {
    pass(afterMs);
    vi.advanceTimersByTime(250);
  };
  return { pool, signs, pass, beat };
}

describe('VitalSigns', () => {
  it('is ready while the decoders serve', () => {
    const { pool, signs, beat } = createRig();
    beat(250);
    expect(signs.ready).toBe(true);
    pool.serving = false;
    expect(signs.ready).toBe(false);
  });

  it('is not ready while the event loop lags: before the beat that is late, and until one is on time', () => {
    const { signs, pass, beat } = createRig();
    beat(250);
    pass(1_250);
    expect(signs.ready).toBe(true);
    pass(1);
    expect([signs.ready, signs.loopLagMs]).toEqual([false, 1_001]);
    beat(0);
    expect([signs.ready, signs.loopLagMs]).toEqual([false, 1_001]);
    beat(250);
    expect([signs.ready, signs.loopLagMs]).toEqual([true, 0]);
  });

  it('looks for stuck decoders at every beat, and no more once it is stopped', () => {
    const { pool, signs, beat } = createRig();
    beat(250);
    beat(250);
    signs.stop();
    beat(250);
    expect(pool.limits).toEqual([700, 700]);
  });
});
