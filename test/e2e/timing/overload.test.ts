import { setImmediate } from 'node:timers/promises';
import { startBsServer } from '@edge-csi/bs-server';
import type { ReportConfig } from '@edge-csi/proto';
import { expect, it } from 'vitest';
import { createSample, firstModel, type Sample, TestUe, within } from '../bs-server-harness.ts';

/** Sends reports faster than they can be decoded until the server tells the UEs something. */
async function flood(ues: readonly TestUe[], sample: Sample): Promise<ReportConfig> {
  const [first] = ues as [TestUe];
  let told: ReportConfig | undefined;
  void first.connection.next('reconfigure').then(({ config }) => {
    told = config;
  });
  while (told === undefined) {
    for (const ue of ues) ue.report(sample);
    await setImmediate();
  }
  return told;
}

it('tells UEs to report less often while it cannot keep up, and takes it back once the load falls', async () => {
  const model = await firstModel();
  await using server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    models: [model.manifest.id],
    uplinkOnlyModel: false,
    uplinkWaitMs: 0,
    reportPeriodSlots: 10,
    deadlineMs: 5_000,
    // What UEs send beyond their period is to overload the decoder here, not to be refused.
    limits: { reportBurst: 2 ** 20 },
  });
  const ids = Array.from({ length: 48 }, (_, i) => `ue-${i}`);
  const ues = await Promise.all(ids.map((ueId) => TestUe.join(server.url, ueId, model)));
  const sample = createSample(model, 1);

  const held = await within('a longer period', flood(ues, sample));
  expect(held).toMatchObject({ revision: 2, reportPeriodSlots: 20, codewordTruncation: 0 });
  expect(server.stats().overloadLevel).toBeGreaterThan(0);
  // Who joins now is told the same from the start.
  const late = await TestUe.join(server.url, 'late', model);
  expect(late.config.reportPeriodSlots).toBeGreaterThanOrEqual(20);

  const back = async () => {
    for (;;) {
      const { config } = await late.connection.next('reconfigure');
      if (config.reportPeriodSlots === 10) return config;
    }
  };
  expect(await back()).toMatchObject({ reportPeriodSlots: 10, codewordTruncation: 0 });
  const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^edge_csi_overload_level 0$/m);
  // Random codewords are not what the model was trained on.
  expect(Number(/^edge_csi_model_codeword_drift_nats\{.*\} (.*)$/m.exec(metrics)?.[1])).toBeGreaterThan(0.5);
  const { received, decoded, superseded, late: tooLate, shed, invalid, inFlight, overloadLevel } = server.stats();
  expect(overloadLevel).toBe(0);
  expect(received).toBe(decoded + superseded + tooLate + shed + invalid + inFlight);
}, 60_000);
