import { startBsServer } from '@edge-csi/bs-server';
import { expect, it } from 'vitest';
import { createSample, firstModel, TestUe, until } from '../bs-server-harness.ts';

it('a BS server drops reports that are past their deadline, counted and answered', async () => {
  const model = await firstModel();
  const sample = createSample(model, 7);
  await using server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    models: [model.manifest.id],
    deadlineMs: 1,
    uplinkWaitMs: 0,
    reportPeriodSlots: 1,
    limits: { reportBurst: 2 ** 20 },
  });
  const ues = await Promise.all(Array.from({ length: 8 }, (_, i) => TestUe.join(server.url, `ue-${i}`, model)));
  let sent = 0;
  await until('a late report', () => {
    for (const ue of ues) ue.report(sample);
    sent += ues.length;
    return server.stats().late > 0;
  });
  await until('the last report', () => server.stats().received === sent && server.stats().inFlight === 0);
  const { received, decoded, superseded, late } = server.stats();
  expect(received).toBe(decoded + superseded + late);
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
  expect(metrics).toContain(`edge_csi_reports_settled_total{outcome="late",reason="deadline-passed"} ${late}`);
});
