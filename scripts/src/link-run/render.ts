import type { LatencySummary } from '../latency.ts';
import { renderTable } from '../table.ts';
import type { LinkRunReport } from './result.ts';

/** The result of a link run as a person reads it: one table for accuracy and bits, one for time. */
export function renderLinkRun(report: LinkRunReport): string {
  const ms = (value: number) => (value < 10 ? value.toFixed(2) : value.toFixed(1));
  const pair = ({ p50, p99 }: LatencySummary) => `${ms(p50)} / ${ms(p99)}`;
  const withUplinkOnly = report.runs.some((run) => run.uplinkOnlyEstimates > 0);
  const accuracy = renderTable(
    [
      ...['model', 'CR', 'sent', 'decoded', 'late', 'superseded', 'lost'],
      ...(withUplinkOnly ? ['uplink-only'] : []),
      ...['bits', 'NMSE dB', '|H| NMSE dB', 'SGCS'],
    ],
    report.runs.map((run) => [
      run.model,
      `1/${run.reduction}`,
      String(run.reportsSent),
      String(run.reportsDecoded),
      String(run.reportsLate),
      String(run.reportsSuperseded),
      String(run.reportsLost),
      ...(withUplinkOnly ? [String(run.uplinkOnlyEstimates)] : []),
      run.payloadBits.mean.toFixed(0),
      run.nmseDb.toFixed(2),
      run.magnitudeNmseDb.toFixed(2),
      run.sgcs.toFixed(4),
    ]),
  );
  const latency = renderTable(
    ['p50 / p99 in ms', 'encode', 'transport', 'queue', 'decode', 'end to end', 'reports/s'],
    report.runs.map(({ model, latencyMs, throughputPerSecond }) => [
      model,
      pair(latencyMs.encode),
      pair(latencyMs.transport),
      pair(latencyMs.queue),
      pair(latencyMs.decode),
      pair(latencyMs.endToEnd),
      throughputPerSecond.toFixed(0),
    ]),
  );
  return `${accuracy}\n\n${latency}`;
}
