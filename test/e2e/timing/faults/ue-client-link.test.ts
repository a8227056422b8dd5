import { createRandom } from '@edge-csi/csi';
import type { WireError } from '@edge-csi/proto';
import { type ConnectOptions, connectUe, type ReportResult, type Ue, type UeState } from '@edge-csi/ue-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../../bs-server-harness.ts';
import { FaultRig } from './fault-rig.ts';

let rig: FaultRig;
let ue: Ue;
let results: ReportResult[];
let states: (UeState | `${UeState}: ${string}`)[];

beforeEach(async () => {
  rig = await FaultRig.start();
  results = [];
  states = [];
});
afterEach(async () => {
  await ue.close();
  await rig.close();
});

async function connect(options: Pick<ConnectOptions, 'ackTimeoutMs' | 'onStateChange'> = {}): Promise<void> {
  ue = await connectUe({
    url: rig.proxy.url,
    ueId: 'ue-1',
    model: rig.model,
    warmUpRuns: 1,
    reconnect: { minDelayMs: 1, maxDelayMs: 20, random: () => 0.5 },
    onAck: (result) => results.push(result),
    onStateChange: (state, error) =>
      states.push(error === undefined ? state : `${state}: ${(error as WireError).code}`),
    ...options,
  });
}

const report = (slot: number) => {
  const random = createRandom(slot);
  const { numAntennas, numDelays } = rig.model.manifest.csi;
  const values = Float32Array.from({ length: 2 * numAntennas * numDelays }, () => random.gaussian());
  return ue.report({ domain: 'angular-delay', numAntennas, numDelays, values }, { slot });
};

const outcomes = () => results.map(({ slot, outcome }) => `${slot} ${outcome}`);

it('answers every report of a UE client behind a link that delays', async () => {
  await connect();
  rig.proxy.link.delay(30);
  for (let slot = 1; slot <= 3; slot++) {
    await report(slot);
    await ue.drain();
  }
  expect(outcomes()).toEqual(['1 decoded', '2 decoded', '3 decoded']);
  expect(states).toEqual(['connecting', 'ready']);
  await rig.expectUnharmed({ decoded: 3 });
});

it('comes back after a reset under a new epoch and says which report it never heard of', async () => {
  await connect();
  const first = await report(1);
  await ue.drain();
  const { link } = rig.proxy;
  link.stall('down');
  await report(2);
  await until('the second report', () => rig.server.stats().decoded === 2);
  link.reset();
  await until('the news', () => results.length === 2);
  await until('the connection', () => ue.state === 'ready');
  const third = await report(3);
  await ue.drain();
  // The BS decoded the second one: what is lost to the UE is the answer.
  expect(outcomes()).toEqual(['1 decoded', '2 lost', '3 decoded']);
  expect(third.epoch).not.toBe(first.epoch);
  expect(third.seq).toBe(1);
  expect(states).toEqual(['connecting', 'ready', 'reconnecting: connection-lost', 'ready']);
  await rig.expectUnharmed({ decoded: 3 });
});

it('comes back after a reset that cuts a report in two', async () => {
  await connect();
  rig.proxy.link.resetAfter('up', 40);
  await report(1);
  await until('the news', () => results.length === 1);
  await until('the connection', () => ue.state === 'ready');
  await report(2);
  await ue.drain();
  expect(outcomes()).toEqual(['1 lost', '2 decoded']);
  await rig.expectUnharmed({ decoded: 1 });
});

it('leaves a link that has become a black hole by itself, and gets its id back', async () => {
  await connect({ ackTimeoutMs: 500 });
  rig.proxy.link.blackHole();
  await report(1);
  await until('the news', () => results.length === 1);
  await until('another connection', () => rig.proxy.connections === 2 && ue.state === 'ready');
  await report(2);
  await ue.drain();
  expect(outcomes()).toEqual(['1 lost', '2 decoded']);
  expect(states).toEqual(['connecting', 'ready', 'reconnecting: timeout', 'ready']);
  await rig.expectUnharmed({ decoded: 1 });
});

it('sends the newest of the reports that were handed over while there was no connection', async () => {
  const handedOver: Promise<string>[] = [];
  const fateOf = (sent: Promise<unknown>) =>
    sent.then(
      () => 'sent',
      (error: WireError) => error.code,
    );
  await connect({
    onStateChange: (state) => {
      if (state === 'reconnecting') handedOver.push(fateOf(report(2)), fateOf(report(3)));
    },
  });
  await report(1);
  await ue.drain();
  rig.proxy.link.reset();
  await until('the loss of the connection', () => handedOver.length === 2);
  expect(await Promise.all(handedOver)).toEqual(['superseded', 'sent']);
  await ue.drain();
  expect(outcomes()).toEqual(['1 decoded', '3 decoded']);
  await rig.expectUnharmed({ decoded: 2 });
});
