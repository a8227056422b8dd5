import type { Interval } from './clustered-means.ts';

/** A figure that a later run of the suite can be held to. */
export interface Metric {
  /** The same in every run that measures the same thing; no two alike in a run. */
  readonly name: string;
  readonly value: number;
  readonly better: 'lower' | 'higher';
  /** Change for the worse that is let pass, in the unit of the value. */
  readonly tolerance: number;
  /** 95 % interval of the value. */
  readonly interval?: Interval;
  /** For an NMSE in dB: samples and mean squared error ratio by environment, so that two runs can be compared pairwise. */
  readonly environments?: { readonly samples: readonly number[]; readonly errorRatio: readonly number[] };
}

/** A metric in decibels, better where it is lower. */
export function nmseMetric(
  name: string,
  value: number,
  rest: Partial<Pick<Metric, 'interval' | 'environments'>> = {},
): Metric {
  return { name, value, better: 'lower', tolerance: 0.05, ...rest };
}

/** A metric of this machine's speed, which varies by some share from run to run. */
export function speedMetric(name: string, value: number, better: Metric['better'], share: number): Metric {
  return { name, value, better, tolerance: share * value };
}
