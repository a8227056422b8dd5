import { pino } from 'pino';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Watchdog } from '../../../bs-server/src/ops/watchdog.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A watchdog with a clock in the test's hands. `beat` is one look, which comes that many ms after the last. */
function createRig() {
  let nowMs = 0;
  let beats = 0;
  const watchdog = new Watchdog({
    beatMs: 250,
    onBeat: () => beats++,
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
  return { watchdog, pass, beat, beats: () => beats };
}

it('is not on time while the event loop lags: before the beat that is late, and until one is on time', () => {
  const { watchdog, pass, beat } = createRig();
  beat(250);
  pass(1_250);
  expect(watchdog.onTime).toBe(true);
  pass(1);
  expect([watchdog.onTime, watchdog.loopLagMs]).toEqual([false, 1_001]);
  beat(0);
  expect([watchdog.onTime, watchdog.loopLagMs]).toEqual([false, 1_001]);
  beat(250);
  expect([watchdog.onTime, watchdog.loopLagMs]).toEqual([true, 0]);
});

it('has the server look at itself at every beat, and no more once it is stopped', () => {
  const { watchdog, beat, beats } = createRig();
  beat(250);
  beat(250);
  watchdog.stop();
  beat(250);
  expect(beats()).toBe(2);
});
