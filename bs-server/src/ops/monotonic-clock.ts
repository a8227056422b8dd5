/** CLOCK_MONOTONIC in milliseconds: never runs backwards, and is the same in every process of a host. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
