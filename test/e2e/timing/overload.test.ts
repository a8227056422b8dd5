import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { startBsServer } from '@edge-csi/bs-server';
import { createRandom } from '@edge-csi/csi';
import { createPathCodec } from '@edge-csi/csi/paths';
import { createPathManifest } from '@edge-csi/models';
import { loadReportModel } from '@edge-csi/models/disk';
import type { ReportConfig } from '@edge-csi/proto';
import { expect, it } from 'vitest';
import { createSample, firstModel, type Sample, TestUe, within } from '../bs-server-harness.ts';

/** Sends reports faster than they can be decoded until the server tells the UEs what is waited for; they do as they are told. */
async function flood(
  ues: readonly TestUe[],
  sample: Sample,
  isAwaited: (config: ReportConfig) => boolean = () => true,
): Promise<ReportConfig> {
  let told: ReportConfig | undefined;
  const obey = async (ue: TestUe) => {
    while (told === undefined) {
      ue.config = (await ue.connection.next('reconfigure')).config;
      if (isAwaited(ue.config)) told ??= ue.config;
    }
  };
  // One whose connection ends is told nothing more, and the wait below has its limit.
  for (const ue of ues) void obey(ue).catch(() => undefined);
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

it('lowers the bits of path reports where longer periods are not enough, and gives them back', async () => {
  const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-overload-'));
  const folder = path.join(zoo, 'large-paths');
  // Reports of so many paths, and estimates as large as a frame holds, keep the decoder busy.
  const band = { numSubcarriers: 1024, bandwidthHz: 20e6, downlinkCarrierHz: 3.5e9, uplinkCarrierHz: 3.4e9 };
  const csi = { ...band, numAntennas: 256, numDelays: 120, timing: 'absolute' } as const;
  const rate = { maxPayloadBits: 2000, bitPriceTenthDb: 0 };
  const manifest = createPathManifest({ id: 'large-paths', csi, maxPaths: 64, rate });
  await mkdir(folder);
  await writeFile(path.join(folder, 'manifest.json'), JSON.stringify(manifest));
  const model = await loadReportModel(folder, []);
  await using server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    modelsDirectory: zoo,
    models: ['large-paths'],
    uplinkOnlyModel: false,
    reportPeriodSlots: 10,
    deadlineMs: 5_000,
    limits: { reportBurst: 2 ** 20 },
    logLevel: 'silent',
  });
  const ids = Array.from({ length: 96 }, (_, i) => `ue-${i}`);
  const ues = await Promise.all(ids.map((ueId) => TestUe.join(server.url, ueId, model)));
  const bitsOf = ({ maxPayloadBits }: ReportConfig) => maxPayloadBits ?? 0;
  const asked = bitsOf((ues[0] as TestUe).config);
  expect(asked).toBe(manifest.rate.maxPayloadBits);

  const sample = samplePaths(manifest);
  const held = await within(
    'fewer bits',
    flood(ues, sample, (config) => bitsOf(config) < asked),
  );
  expect(held).toMatchObject({ reportPeriodSlots: 80, maxPayloadBits: Math.floor(0.75 * asked) });
  const late = await TestUe.join(server.url, 'late', model);
  expect(bitsOf(late.config)).toBeLessThan(asked);
  while (bitsOf(late.config) < asked) late.config = (await late.connection.next('reconfigure')).config;
  expect(server.stats()).toMatchObject({ invalid: 0, rejects: {} });
  await rm(zoo, { recursive: true });
}, 60_000);

/** A report of many paths, no longer than the lowest cap of the overload control. */
function samplePaths(manifest: ReturnType<typeof createPathManifest>): Sample {
  const { numAntennas, numDelays, numSubcarriers } = manifest.csi;
  const codec = createPathCodec({ ...manifest.paths, numDelays, numSubcarriers });
  const values = new Float32Array(2 * numAntennas * numDelays);
  const random = createRandom(1);
  const paths = Array.from({ length: 48 }, () => ({
    spatialFrequency: [random.uniform(), 0] as const,
    delaySamples: random.uniform() * (numDelays - 1),
    gainRe: random.gaussian(),
    gainIm: random.gaussian(),
  }));
  codec.reconstructInto(values, paths);
  const csi = { domain: 'angular-delay', numAntennas, numDelays, values } as const;
  const maxBits = Math.floor(0.75 ** 2 * manifest.rate.maxPayloadBits);
  const { payload, bits } = codec.encode(csi, { mode: 'cap', maxBits });
  return { codeword: payload, scale: 0, phase: new Uint8Array(), payloadBits: bits, uplink: new Float32Array() };
}
