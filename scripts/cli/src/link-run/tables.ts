import type { LatencySummary } from '@edge-csi/lab/metrics';
import { fixed, type Table } from '@edge-csi/report';
import type { LinkRun } from './result.ts';

/** What became of the reports of each run, how large they were and how accurate the estimates. */
export function accuracyTable(runs: readonly LinkRun[]): Table {
  const withUplinkOnly = runs.some((run) => run.uplinkOnlyEstimates > 0);
  return {
    header: [
      ...['model', 'CR', 'sent', 'decoded', 'late', 'superseded', 'lost'],
      ...(withUplinkOnly ? ['uplink-only'] : []),
      ...['bits', 'NMSE dB', '|H| NMSE dB', 'SGCS'],
    ],
    rows: runs.map((run) => [
      run.model,
      `1/${run.reduction}`,
      String(run.reportsSent),
      String(run.reportsDecoded),
      String(run.reportsLate),
      String(run.reportsSuperseded),
      String(run.reportsLost),
      ...(withUplinkOnly ? [String(run.uplinkOnlyEstimates)] : []),
      fixed(run.payloadBits.mean, 0),
      fixed(run.nmseDb, 2),
      fixed(run.magnitudeNmseDb, 2),
      fixed(run.sgcs, 4),
    ]),
  };
}

/** How long each step of a report took, and how many came through a second. */
export function latencyTable(runs: readonly LinkRun[]): Table {
  const ms = (value: number) => fixed(value, value < 10 ? 2 : 1);
  const pair = ({ p50, p99 }: LatencySummary) => `${ms(p50)} / ${ms(p99)}`;
  return {
    header: ['p50 / p99 in ms', 'encode', 'transport', 'queue', 'decode', 'end to end', 'reports/s'],
    rows: runs.map(({ model, latencyMs, throughputPerSecond }) => [
      model,
      pair(latencyMs.encode),
      pair(latencyMs.transport),
      pair(latencyMs.queue),
      pair(latencyMs.decode),
      pair(latencyMs.endToEnd),
      fixed(throughputPerSecond, 0),
    ]),
  };
}
