import { expect, it } from 'vitest';
import { clusterPage } from '../../../scripts/cli/src/bench/cluster/page.ts';
import type { PathCost } from '../../../scripts/cli/src/bench/cluster/path-cost.ts';
import { markdownTable } from '../../../scripts/report/src/table.ts';

function cost(cpuUs: Record<string, number>, bytes?: number): PathCost {
  const brokerBytes = bytes === undefined ? undefined : { in: bytes, out: bytes };
  const latencyMs = { p50: 4, p99: 9, p999: 12 };
  return {
    openLoop: { reports: 10, decoded: 9, latencyMs, cpuUs, brokerBytes },
    saturated: { reportsPerSecond: 800, cpuUs, brokerBytes },
  };
}

it('the page of the cluster suite adds up processes, takes the median of rounds, and a site follows from it', () => {
  const overBroker = [300, 60, 90].map((gateway) => cost({ gateway, broker: 30, worker: 600 }, 20_000));
  const run = {
    model: 'm',
    ratePerSecond: 50,
    ues: 64,
    inProcess: [cost({ server: 500 })],
    overBroker,
    ingest: [
      { uplinks: true, estimates: false, reportsPerSecond: 5000, gatewayCpuUs: 25, reportsPerCpuSecond: 40_000 },
    ],
  };
  const { sections } = clusterPage({ runs: [run] });
  const page = sections.flatMap(({ tables = [] }) => tables.map(markdownTable)).join('\n');
  expect(page).toContain('| m | one process | 9 of 10 | 4.00 / 9.0 | 500 | - | - | 500 |');
  expect(page).toContain('| m | over NATS | 27 of 30 | 4.00 / 9.0 | 90 | 30 | 600 | 720 |');
  expect(page).toContain('| m | over NATS | 800 | 90 | 30 | 600 | 720 | 20000 / 20000 |');
  expect(page).toContain('| m | with their uplinks | without | 5000 | 25.0 | 40000 |');
  // 250 M reports/s of 90 us each, on cores that are used to 60 %; of 40,000 bytes each.
  expect(page).toContain('| m | 40 ms | 250.0 M | 37500 | 250000 | 12500 | 80.00 Tbit/s |');
});
