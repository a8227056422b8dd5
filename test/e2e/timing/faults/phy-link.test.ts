import { connectPhyFeed, subscribeEstimates } from '@edge-csi/bs-server';
import { afterEach, expect, it } from 'vitest';
import { until, within } from '../../bs-server-harness.ts';
import { FaultRig } from './fault-rig.ts';

let rig: FaultRig;
afterEach(() => rig.close());

it('decodes without uplink, and says so, while the PHY feed is a black hole, and joins again once there is another', async () => {
  rig = await FaultRig.start({ limits: { pingIntervalMs: 250, idleTimeoutMs: 1_000 } });
  const qualities = new Map<number, string>();
  const subscription = await subscribeEstimates({
    url: rig.server.url.replace(/^http/, 'ws'),
    onEstimate: ({ ueId, slot, quality }) => {
      if (ueId === 'ue-1') qualities.set(slot, quality);
    },
  });
  const ue = await rig.join('ue-1');
  const { numAntennas, numDelays } = rig.model.manifest.csi;
  const uplink = { domain: 'angular-delay', numAntennas, numDelays, values: rig.sample.uplink } as const;
  const reportAt = async (slot: number) => {
    const { seq } = ue.report(rig.sample, { slot });
    expect(await ue.outcomeOf(seq)).toBe('decoded');
    await until('the estimate', () => qualities.has(slot));
    return qualities.get(slot);
  };

  const feed = await connectPhyFeed({ url: rig.proxy.url });
  const { link } = rig.proxy;
  feed.send('ue-1', 1, uplink);
  await until('the uplink', () => rig.server.stats().uplinks.received === 1);
  expect(await reportAt(1)).toBe('fresh');

  link.blackHole();
  feed.send('ue-1', 100, uplink);
  await until('the uplink to vanish', () => link.withheldBytes('up') > 0);
  expect(await reportAt(100)).toBe('no-uplink');
  await rig.expectBystanderServed();
  await until('the feed to be given up', () => rig.server.stats().connections.phyFeeds === 0);
  expect(rig.server.stats().rejects).toEqual({ timeout: 1 });

  link.reset();
  expect(await within('the end of the feed', feed.closed)).toMatchObject({ code: 'connection-lost', retryable: true });
  const again = await connectPhyFeed({ url: rig.proxy.url });
  again.send('ue-1', 200, uplink);
  await until('the uplink', () => rig.server.stats().uplinks.received === 2);
  expect(await reportAt(200)).toBe('fresh');
  await rig.expectUnharmed({ decoded: 3 });
  await again.close();
  await subscription.close();
});

it('drops an uplink that a reset cuts in two, and decodes with the one before', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  const { numAntennas, numDelays } = rig.model.manifest.csi;
  const uplink = { domain: 'angular-delay', numAntennas, numDelays, values: rig.sample.uplink } as const;
  const feed = await connectPhyFeed({ url: rig.proxy.url });
  feed.send('ue-1', 1, uplink);
  await until('the uplink', () => rig.server.stats().uplinks.received === 1);
  rig.proxy.link.resetAfter('up', 1000);
  feed.send('ue-1', 2, uplink);
  await within('the reset', feed.closed);
  await until('the end of the feed', () => rig.server.stats().connections.phyFeeds === 0);
  const { seq } = ue.report(rig.sample, { slot: 2 });
  expect(await ue.outcomeOf(seq)).toBe('decoded');
  expect(rig.server.stats()).toMatchObject({
    uplinks: { received: 1, invalid: 0 },
    qualities: { 'stale-uplink': 1 },
  });
  await rig.expectUnharmed({ decoded: 1 });
});
