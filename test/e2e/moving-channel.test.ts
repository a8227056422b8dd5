import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BsServer, type PathEstimate, startBsServer, subscribeEstimates } from '@edge-csi/bs-server';
import { type AngularDelayCsi, pathCodecSpec, squaredErrorRatio } from '@edge-csi/csi';
import { createPathCodec, pathsToAngularDelay } from '@edge-csi/csi/paths';
import { connectUe } from '@edge-csi/ue-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './bs-server-harness.ts';
import { edgeCsi } from './edge-csi-command.ts';

let zoo: string;
let server: BsServer;

beforeAll(async () => {
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-moving-'));
  const { stdout } = await edgeCsi('models', 'paths', '--measurements', '4', '--out', path.join(zoo, 'moving'));
  expect(stdout).toContain('moving: 32 x 1 antennas');
  server = await startBsServer({
    ...{ port: 0, adminPort: false, modelsDirectory: zoo, models: ['moving'], estimateEverySlots: 5 },
    ...{ uplinkWaitMs: 0, overloadControl: false, logLevel: 'silent' },
  });
});
afterAll(async () => {
  await server.close();
  await rm(zoo, { recursive: true });
});

const still = createPathCodec(pathCodecSpec({ antennas: 32, numDelays: 32, numSubcarriers: 1024 }));

/** A channel of three paths that turn at 12, -9 and 5 Hz, in slots of a millisecond. */
function channelAt(slot: number): AngularDelayCsi {
  const values = new Float32Array(2 * 32 * 32);
  const turning = [
    { at: [0.21, 3.3], gain: 1, hz: 12 },
    { at: [0.63, 7.8], gain: 0.7, hz: -9 },
    { at: [0.9, 1.4], gain: 0.4, hz: 5 },
  ] as const;
  still.reconstructInto(
    values,
    turning.map(({ at: [spatial, delaySamples], gain, hz }) => {
      const turnRad = (2 * Math.PI * hz * slot) / 1000;
      const [gainRe, gainIm] = [gain * Math.cos(turnRad), gain * Math.sin(turnRad)];
      return { spatialFrequency: [spatial, 0], delaySamples, gainRe, gainIm };
    }),
  );
  return { domain: 'angular-delay', numAntennas: 32, numDelays: 32, values };
}

const errorDb = (slot: number, estimate: AngularDelayCsi) =>
  10 * Math.log10(squaredErrorRatio(channelAt(slot), estimate));

it('tells a subscriber how the channel of a moving UE goes on, at any slot and between reports', async () => {
  const url = server.url.replace('http', 'ws');
  const estimates: PathEstimate[] = [];
  const subscription = await subscribeEstimates({
    url,
    form: 'matrix-and-paths',
    onEstimate: (estimate) => estimates.push(estimate),
  });
  const ue = await connectUe({ url, ueId: 'walker' });
  for (const slot of [0, 20, 40]) await ue.report(channelAt(slot), { slot });
  ue.measure(channelAt(50), { slot: 50 });
  await ue.report(channelAt(60), { slot: 60 });
  await until('a prediction', () => estimates.some(({ slot, quality }) => quality === 'predicted' && slot > 70));
  await ue.close();
  await subscription.close();

  const ofSlot = (wanted: number) => estimates.find(({ slot, quality }) => slot === wanted && quality !== 'predicted');
  const [first, latest] = [ofSlot(0), ofSlot(60)];
  if (first?.paths === undefined || latest?.paths === undefined) throw new Error('estimates are made of paths');
  // One matrix tells no shifts: it is held.
  expect(first.paths.spanSlots).toBe(0);
  expect(first.at(20)).toEqual(first.paths);
  expect(latest.paths.spanSlots).toBe(60);
  expect(errorDb(60, pathsToAngularDelay(latest.paths, 32))).toBeLessThan(-20);
  expect(errorDb(75, channelAt(60))).toBeGreaterThan(-3);
  expect(errorDb(75, pathsToAngularDelay(latest.at(75), 32))).toBeLessThan(-15);

  const predicted = estimates.find(({ slot, quality }) => quality === 'predicted' && slot > 70);
  if (predicted?.csi === undefined) throw new Error('the matrix was asked for, too');
  expect(predicted).toMatchObject({ seq: latest.seq, payloadBits: 0 });
  expect(predicted.expectedError).toBeGreaterThan(0);
  if (predicted.slot < 120) expect(errorDb(predicted.slot, predicted.csi)).toBeLessThan(-10);
});
