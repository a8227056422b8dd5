import type { BrokenDownRun, UplinkOnlyRun } from '@edge-csi/lab';
import { type Interval, type Metric, nmseMetric } from '@edge-csi/lab/metrics';

/** What a later run is held to. */
export function accuracyMetrics(runs: readonly BrokenDownRun[], uplinkOnly: readonly UplinkOnlyRun[]): Metric[] {
  const similarity = (name: string, value: number, interval: Interval | undefined): Metric => {
    return { name, value, better: 'higher', tolerance: 0.001, ...(interval && { interval }) };
  };
  return [
    ...runs.flatMap(({ model, environments, intervals, payloadBits, ...run }): Metric[] => [
      nmseMetric(`${model} NMSE dB`, run.nmseDb, {
        ...(intervals && { interval: intervals.nmseDb }),
        ...(environments && { environments }),
      }),
      nmseMetric(`${model} |H| NMSE dB`, run.magnitudeNmseDb, intervals && { interval: intervals.magnitudeNmseDb }),
      similarity(`${model} SGCS`, run.sgcs, intervals?.sgcs),
      similarity(`${model} rho`, run.rho, intervals?.rho),
      // The rate of a model on some samples is not by chance.
      { name: `${model} bits`, value: payloadBits.mean, better: 'lower', tolerance: 0.01 * payloadBits.mean },
    ]),
    ...uplinkOnly.map(({ model, magnitudeNmseDb }) => nmseMetric(`${model} |H| NMSE dB`, magnitudeNmseDb)),
  ];
}
