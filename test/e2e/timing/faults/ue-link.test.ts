import { afterEach, expect, it } from 'vitest';
import { until, within } from '../../bs-server-harness.ts';
import { FaultRig } from './fault-rig.ts';

let rig: FaultRig;
afterEach(() => rig.close());

it('decodes every report of a UE behind a link that delays', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  rig.proxy.link.delay(40);
  for (let i = 0; i < 5; i++) expect(await rig.outcome(ue)).toBe('decoded');
  await rig.expectUnharmed({ decoded: 5 });
});

it('takes reports that a link has held up one after the other: of those that come together the newest counts', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  rig.proxy.link.stall('up');
  const held = Array.from({ length: 4 }, () => ue.report(rig.sample).seq);
  await rig.expectBystanderServed();
  expect(rig.server.stats().received).toBe(3);
  rig.proxy.link.resume();
  expect(await ue.outcomeOf(held[3] as number)).toBe('decoded');
  const { decoded, superseded } = rig.server.stats();
  expect(decoded - 3 + superseded).toBe(held.length);
  await rig.expectUnharmed({ decoded: decoded - 3, superseded });
});

it('gives up a UE whose link stalls for longer than the idle timeout, and takes it back under a new epoch', async () => {
  rig = await FaultRig.start({ limits: { pingIntervalMs: 250, idleTimeoutMs: 1_000 } });
  const ue = await rig.join('ue-1');
  expect(await rig.outcome(ue)).toBe('decoded');
  const { link } = rig.proxy;
  link.stall('up', 'down');
  ue.report(rig.sample);
  await rig.untilUes(0);
  expect(rig.server.stats().rejects).toEqual({ timeout: 1 });
  link.resume();
  expect(await ue.connection.next('reject')).toMatchObject({ code: 'timeout', retryable: true });
  await within('the end of the connection', ue.connection.closed);

  const again = await rig.join('ue-1');
  expect(again.epoch).not.toBe(ue.epoch);
  expect(await rig.outcome(again)).toBe('decoded');
  // What was under way when the link came back reached a connection that was over.
  await rig.expectUnharmed({ decoded: 2 });
});

it('drops a frame that a reset cuts in two, and takes its UE back under a new epoch', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  rig.proxy.link.resetAfter('up', 40);
  ue.report(rig.sample);
  await within('the reset', ue.connection.closed);
  await rig.untilUes(0);
  await rig.expectUnharmed({});

  const again = await rig.join('ue-1');
  expect(again.epoch).not.toBe(ue.epoch);
  expect(await rig.outcome(again)).toBe('decoded');
  await rig.expectUnharmed({ decoded: 1 });
});

it('decodes a report whose answer a reset cuts off', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  rig.proxy.link.resetAfter('down', 1);
  ue.report(rig.sample);
  await within('the reset', ue.connection.closed);
  await rig.untilUes(0);
  await rig.expectUnharmed({ decoded: 1 });
});

it('ends the session of a UE that closes its half of the connection, and decodes what came before', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  ue.report(rig.sample);
  await until('the report', () => rig.server.stats().received === 1);
  rig.proxy.link.halfClose('up');
  await within('the end of the connection', ue.connection.closed);
  await rig.untilUes(0);
  await rig.expectUnharmed({ decoded: 1 });
});

it('gives the id of a UE whose link has become a black hole to that UE when it comes back', async () => {
  rig = await FaultRig.start();
  const ue = await rig.join('ue-1');
  const { link } = rig.proxy;
  link.blackHole();
  ue.report(rig.sample);
  await until('the report to vanish', () => link.withheldBytes('up') > 0);
  const again = await rig.join('ue-1');
  expect(again.epoch).not.toBe(ue.epoch);
  expect(await rig.outcome(again)).toBe('decoded');
  await rig.expectUnharmed({ decoded: 1 });
});
