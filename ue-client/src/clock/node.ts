import type { Clock } from './clock.ts';

/** CLOCK_MONOTONIC: comparable between the processes of one host, which `performance.now()` is not. */
export const systemClock: Clock = { nowMs: () => Number(process.hrtime.bigint()) / 1e6 };
