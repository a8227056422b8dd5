import { renderTable } from '../../table.ts';
import { latencyBackends } from './latency-backend.ts';
import type { LatencyRun } from './latency-suite.ts';
import { reportStages } from './report-stages.ts';

/** Tables: a report by backend, warm and cold, and by stage. */
export function renderLatency(runs: readonly LatencyRun[]): string {
  return [warmTable(runs), stageTable(runs), coldTable(runs)].join('\n\n');
}

function us(ms: number): string {
  return (1000 * ms).toFixed(0);
}

function warmTable(runs: readonly LatencyRun[]): string {
  const others = latencyBackends.slice(1);
  const header = ['warm, p50 / p99 in us', 'CR', 'M', ...latencyBackends, ...others.map((name) => `ort / ${name}`)];
  const rows = runs.map(({ model, reduction, codewordLength, latencyMs, speedup }) => [
    model,
    `1/${reduction}`,
    String(codewordLength),
    ...latencyBackends.map((name) => `${us(latencyMs[name].p50)} / ${us(latencyMs[name].p99)}`),
    ...others.map((name) => `${speedup[name].toFixed(1)}x`),
  ]);
  return renderTable(header, rows);
}

function stageTable(runs: readonly LatencyRun[]): string {
  const header = ['stages, ort, p50 in us', ...reportStages, 'CSI to estimate, p50 / p99'];
  const rows = runs.map(({ model, stages, endToEnd }) => [
    model,
    ...reportStages.map((stage) => us(stages[stage].p50)),
    `${us(endToEnd.p50)} / ${us(endToEnd.p99)}`,
  ]);
  return renderTable(header, rows);
}

function coldTable(runs: readonly LatencyRun[]): string {
  const header = ['cold, median in ms', 'backend', 'process', 'load model', 'open encoder', 'first report', 'in all'];
  const rows = runs.flatMap(({ model, coldStart }) =>
    latencyBackends.map((name) => {
      const { processMs, loadMs, openMs, firstReportMs, totalMs } = coldStart[name];
      return [model, name, ...[processMs, loadMs, openMs, firstReportMs, totalMs].map((ms) => ms.toFixed(1))];
    }),
  );
  return renderTable(header, rows);
}
