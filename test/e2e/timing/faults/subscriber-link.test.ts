import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BsServerOptions, subscribeEstimates } from '@edge-csi/bs-server';
import type { ModelBundle } from '@edge-csi/models';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { bundleOf, familyModel, writeFamilyModel } from '../../../family-model.ts';
import { until, within } from '../../bs-server-harness.ts';
import { FaultRig } from './fault-rig.ts';

// Wide matrices from a network that costs nothing: a few hundred of its estimates fill what the kernel buffers.
let zoo: string;
let model: ModelBundle;
let rig: FaultRig;

beforeAll(async () => {
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  const family = await familyModel({
    id: 'wide',
    numAntennas: 64,
    numDelays: 64,
    normalization: { kind: 'spherical', scale: { minDb: -60, stepDb: 0.375, bits: 8 } },
    maxBits: 1,
  });
  await writeFamilyModel(zoo, family);
  model = await bundleOf(family);
});
afterEach(() => rig.close());
afterAll(() => rm(zoo, { recursive: true }));

const start = (limits: BsServerOptions['limits'] = {}) =>
  FaultRig.start({ modelsDirectory: zoo, limits: { maxBufferedBytes: 2 ** 18, ...limits } }, model);

/** Counts the estimates that arrive. */
async function subscribe(url: string) {
  const seen = { estimates: 0 };
  const subscription = await subscribeEstimates({ url, onEstimate: () => seen.estimates++ });
  return { seen, ...subscription };
}

it('passes over a subscriber that stalls, holds nobody else back, and goes on with it once it has caught up', async () => {
  rig = await start();
  const ue = await rig.join('ue-1');
  const slow = await subscribe(rig.proxy.url);
  const fast = await subscribe(rig.server.url.replace(/^http/, 'ws'));
  const { link } = rig.proxy;
  link.stall('down');
  let reports = 0;
  const reportOnce = async () => {
    expect(await rig.outcome(ue)).toBe('decoded');
    reports++;
  };
  while (rig.server.stats().estimates.skipped < 3) await reportOnce();
  await until('the estimates at the other subscriber', () => fast.seen.estimates === reports);

  link.resume();
  await until('the estimates that were sent', () => {
    const { sent } = rig.server.stats().estimates;
    return slow.seen.estimates === sent - fast.seen.estimates;
  });
  const caughtUp = slow.seen.estimates;
  await reportOnce();
  await until('an estimate after the stall', () => slow.seen.estimates === caughtUp + 1);
  const { sent, skipped } = rig.server.stats().estimates;
  expect({ skipped: reports - slow.seen.estimates, sent: reports + slow.seen.estimates }).toEqual({ skipped, sent });
  await rig.expectUnharmed({ decoded: reports });
  await Promise.all([slow.close(), fast.close()]);
});

it('gives up a subscriber that stalls for longer than the idle timeout, and serves the other', async () => {
  rig = await start({ pingIntervalMs: 250, idleTimeoutMs: 1_000 });
  const ue = await rig.join('ue-1');
  const slow = await subscribe(rig.proxy.url);
  const fast = await subscribe(rig.server.url.replace(/^http/, 'ws'));
  const { link } = rig.proxy;
  link.stall('up', 'down');
  await until('the subscriber to be given up', () => rig.server.stats().connections.subscribers === 1);
  expect(rig.server.stats().rejects).toEqual({ timeout: 1 });
  expect(await rig.outcome(ue)).toBe('decoded');
  await until('the estimate', () => fast.seen.estimates === 1);
  link.resume();
  expect(await within('the end of the subscription', slow.closed)).toMatchObject({ retryable: true });
  expect(slow.seen.estimates).toBe(0);
  await rig.expectUnharmed({ decoded: 1 });
  await fast.close();
});

it('goes on without a subscriber whose connection is reset in the middle of an estimate', async () => {
  rig = await start();
  const ue = await rig.join('ue-1');
  const cut = await subscribe(rig.proxy.url);
  const fast = await subscribe(rig.server.url.replace(/^http/, 'ws'));
  rig.proxy.link.resetAfter('down', 1000);
  expect(await rig.outcome(ue)).toBe('decoded');
  expect(await within('the end of the subscription', cut.closed)).toMatchObject({ code: 'connection-lost' });
  await until('the end at the server', () => rig.server.stats().connections.subscribers === 1);
  expect(await rig.outcome(ue)).toBe('decoded');
  await until('the estimates', () => fast.seen.estimates === 2);
  expect(cut.seen.estimates).toBe(0);
  await rig.expectUnharmed({ decoded: 2 });
  await fast.close();
});
