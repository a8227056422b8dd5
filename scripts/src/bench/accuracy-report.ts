import { renderTable } from '../table.ts';
import type { AccuracyBin, BrokenDownRun } from './accuracy-breakdown.ts';
import type { Interval } from './clustered-means.ts';
import { type Metric, nmseMetric } from './metric.ts';
import type { UplinkOnlyRun } from './uplink-only-accuracy.ts';
import { withInterval } from './with-interval.ts';

/** Tables of an accuracy run: a row a model, and one a part of a breakdown. */
export function renderAccuracy(
  runs: readonly BrokenDownRun[],
  uplinkOnly: readonly UplinkOnlyRun[],
  data: string,
): string {
  const [first] = runs;
  const samples = (first ?? uplinkOnly[0])?.samples ?? 0;
  const sections = [`${samples} samples of ${data}`, modelTable(runs, uplinkOnly)];
  if (first?.intervals !== undefined) {
    const what = first.environments === undefined ? 'samples, as if they were independent' : 'environments';
    sections.push(`In brackets: 95 % bootstrap intervals over ${first.clusters} ${what}.`);
  }
  const broken = runs.filter(({ breakdown }) => breakdown !== undefined);
  if (broken.length > 0) sections.push(breakdownTable(broken));
  return sections.join('\n\n');
}

function modelTable(runs: readonly BrokenDownRun[], uplinkOnly: readonly UplinkOnlyRun[]): string {
  const header = [
    ...['model', 'CR', 'NMSE dB, float, phases known', 'bits', 'codeword', 'phase', 'NMSE dB', 'unrefined'],
    ...['|H| NMSE dB', 'SGCS', 'rho', 'encode p50 us'],
  ];
  const rows = runs.map((r) => [
    r.model,
    `1/${r.reduction}`,
    r.floatMagnitudeNmseDb.toFixed(2),
    r.payloadBits.mean.toFixed(0),
    r.payloadBits.codeword.toFixed(0),
    r.payloadBits.phase.toFixed(0),
    withInterval(r.nmseDb, r.intervals?.nmseDb, 2),
    r.unrefinedNmseDb?.toFixed(2) ?? '-',
    withInterval(r.magnitudeNmseDb, r.intervals?.magnitudeNmseDb, 2),
    withInterval(r.sgcs, r.intervals?.sgcs, 4),
    withInterval(r.rho, r.intervals?.rho, 4),
    (1000 * r.latencyMs.encode.p50).toFixed(0),
  ]);
  // Without phases there is no complex NMSE, and nothing that follows from it.
  for (const r of uplinkOnly) {
    const [float, magnitude] = [r.floatMagnitudeNmseDb.toFixed(2), r.magnitudeNmseDb.toFixed(2)];
    rows.push([r.model, '-', float, '0', '0', '0', '-', '-', magnitude, '-', '-', '-']);
  }
  return renderTable(header, rows);
}

function breakdownTable(runs: readonly BrokenDownRun[]): string {
  const by = runs[0]?.breakdown?.by === 'snr' ? 'SNR of both measurements' : 'distance';
  const rows = runs.flatMap(({ model, breakdown }) =>
    (breakdown?.bins ?? []).map((bin) => [
      model,
      partOf(bin),
      String(bin.samples),
      withInterval(bin.nmseDb, bin.intervals?.nmseDb, 2),
      withInterval(bin.magnitudeNmseDb, bin.intervals?.magnitudeNmseDb, 2),
      withInterval(bin.sgcs, bin.intervals?.sgcs, 4),
      withInterval(bin.rho, bin.intervals?.rho, 4),
    ]),
  );
  return renderTable(['model', by, 'samples', 'NMSE dB', '|H| NMSE dB', 'SGCS', 'rho'], rows);
}

function partOf({ distanceM, snrDb }: AccuracyBin): string {
  if (distanceM !== undefined) return `${distanceM.map((metres) => metres.toFixed(1)).join(' to ')} m`;
  return `${snrDb} dB`;
}

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
