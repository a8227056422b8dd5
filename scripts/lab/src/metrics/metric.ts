import { createRandom, type Random } from '@edge-csi/csi';
import type { Interval } from './clustered-means.ts';
import { ratioToDb } from './score.ts';

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

/** A metric of two runs. */
export interface MetricChange {
  readonly name: string;
  readonly saved: number;
  readonly current: number;
  readonly verdict: 'same' | 'better' | 'worse';
  /** 95 % interval of the change, where the same environments are in both. */
  readonly changeInterval?: Interval;
}

const resamplings = 1000;

/**
 * Compares the metrics that two runs share. A change counts where it is beyond the saved tolerance and, where there are
 * intervals, cannot be by chance: between runs on the same environments the interval of the difference has to leave 0 out,
 * otherwise the intervals of the two values must not meet.
 */
export function compareMetrics(current: readonly Metric[], saved: readonly Metric[], seed: number): MetricChange[] {
  const byName = new Map(saved.map((metric) => [metric.name, metric]));
  return current.flatMap((metric) => {
    const before = byName.get(metric.name);
    return before === undefined ? [] : [changeOf(metric, before, createRandom(seed))];
  });
}

function changeOf(current: Metric, saved: Metric, random: Random): MetricChange {
  const { name } = current;
  const change = current.value - saved.value;
  const values = { name, saved: saved.value, current: current.value };
  const changeInterval = pairedInterval(current, saved, random);
  const evident =
    changeInterval === undefined
      ? areApart(current.interval ?? pointOf(current), saved.interval ?? pointOf(saved))
      : areApart(changeInterval, [0, 0]);
  const paired = changeInterval && { changeInterval };
  if (!(Math.abs(change) > saved.tolerance) || !evident) return { ...values, verdict: 'same', ...paired };
  const isBetter = change < 0 === (saved.better === 'lower');
  return { ...values, verdict: isBetter ? 'better' : 'worse', ...paired };
}

function pointOf({ value }: Metric): Interval {
  return [value, value];
}

function areApart(a: Interval, b: Interval): boolean {
  return a[0] > b[1] || b[0] > a[1];
}

/**
 * Interval of the difference in dB of two NMSEs of the same environments, by drawing environments: what makes one environment
 * harder than another is in both, and cancels.
 */
function pairedInterval(current: Metric, saved: Metric, random: Random): Interval | undefined {
  const [now, before] = [current.environments, saved.environments];
  if (now === undefined || before === undefined || now.samples.length < 2) return undefined;
  if (now.samples.join() !== before.samples.join()) return undefined;
  const numEnvironments = now.samples.length;
  const differences = new Float64Array(resamplings);
  for (let resampling = 0; resampling < resamplings; resampling++) {
    let [errorNow, errorBefore] = [0, 0];
    for (let draw = 0; draw < numEnvironments; draw++) {
      const i = Math.floor(random.uniform() * numEnvironments);
      const samples = now.samples[i] as number;
      errorNow += samples * (now.errorRatio[i] as number);
      errorBefore += samples * (before.errorRatio[i] as number);
    }
    differences[resampling] = ratioToDb(errorNow / errorBefore);
  }
  differences.sort();
  return [differences[0.025 * resamplings] as number, differences[0.975 * resamplings - 1] as number];
}
