import type { Clock } from './clock.ts';

/** Milliseconds since the page was opened. */
export const systemClock: Clock = { nowMs: () => performance.now() };
