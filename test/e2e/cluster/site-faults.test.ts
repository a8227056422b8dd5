import type { ModelBundle } from '@edge-csi/models';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleOf } from '../../family-model.ts';
import { until } from '../bs-server-harness.ts';
import { VersionZoo } from '../version-zoo.ts';
import { metricsOf, settledOf } from './metrics-of.ts';
import { natsProblem } from './nats-server.ts';
import { Site } from './site.ts';
import { listenToBroker, listenToGateway, SiteLoad } from './site-load.ts';
import {
  decodedMore,
  expectToAddUp,
  gatewayOptions,
  loadOptions,
  metricAtLeast,
  metricWithin,
  note,
  ready,
  startLoaded,
} from './site-rig.ts';

const problem = natsProblem();
if (problem !== undefined) process.stdout.write(`skipped: ${problem}\n`);

const { deadlineMs, slackMs, numUes, periodMs } = loadOptions;

let zoo: VersionZoo;
let model: ModelBundle;
let site: Site;

beforeAll(async () => {
  if (problem !== undefined) return;
  zoo = await VersionZoo.create();
  model = await bundleOf(zoo.model('link'));
});
afterAll(() => zoo?.remove());
beforeEach(async () => {
  if (problem === undefined) site = await Site.start(zoo.directory);
});
afterEach(() => site?.[Symbol.asyncDispose]());

/** So many reports were missed at most, and for no other reasons than these. */
function expectAtMost(most: number, missed: Readonly<Record<string, number>>, reasons: readonly string[]): void {
  expect(reasons).toEqual(expect.arrayContaining(Object.keys(missed)));
  expect(Object.values(missed).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(most);
}

describe.skipIf(problem !== undefined)('a site of a gateway and two workers', () => {
  it('loses nothing when a worker is told to end: it drains', async () => {
    // What counts is that nothing is dropped, not how long a busy machine takes.
    const running = await startLoaded(site, model, 5_000);
    const sinceMs = performance.now();
    expect(await site.end(running.first, 'SIGTERM')).toBe(0);
    await decodedMore(running.load, 100);
    const { reasons, metrics } = await expectToAddUp(running);
    note('worker drained', running.load, sinceMs);
    // A busy machine may have a UE report again before its last report is dispatched.
    const { 'newer-report': superseded = 0 } = reasons;
    expect(reasons['estimate-published']).toBe(running.load.sentMs.size - superseded);
    expect(metrics.get('edge_csi_cluster_silent_workers_total')).toBe(0);
  });

  it('goes on when a worker is killed: what it had goes to the other, and the counts add up', async () => {
    const running = await startLoaded(site, model);
    const sinceMs = performance.now();
    await site.end(running.first, 'SIGKILL');
    await metricWithin(running.gateway, 'edge_csi_cluster_silent_workers_total', 1);
    await decodedMore(running.load, 100);
    const { metrics } = await expectToAddUp(running);
    note('worker killed', running.load, sinceMs);
    expect(running.load.recoveryMs(sinceMs)).toBeLessThan(deadlineMs + slackMs);
    expect(metrics.get('edge_csi_cluster_silent_workers_total')).toBe(1);
    expect(metrics.get('edge_csi_cluster_workers')).toBe(1);
  });

  it('goes on when a worker is frozen, and publishes nothing stale when it thaws', async () => {
    const running = await startLoaded(site, model);
    const { gateway, first, load } = running;
    const sinceMs = performance.now();
    first.process.kill('SIGSTOP');
    await metricWithin(gateway, 'edge_csi_cluster_silent_workers_total', 1);
    await decodedMore(load, 100);
    first.process.kill('SIGCONT');
    await metricWithin(gateway, 'edge_csi_cluster_workers', 2);
    await decodedMore(load, 100);
    const { metrics } = await expectToAddUp(running);
    note('worker frozen', load, sinceMs);
    expect(metrics.get('edge_csi_cluster_retries_total')).toBeGreaterThan(0);
    expect(metrics.get('edge_csi_cluster_silent_workers_total')).toBe(1);
    expect(load.recoveryMs(sinceMs)).toBeLessThan(deadlineMs + 1_000);
  });

  it('says what it could not decode while the broker is gone, and goes on when it is back', async () => {
    const running = await startLoaded(site, model);
    const sinceMs = performance.now();
    await site.broker.stop();
    // UEs hear of it with the report that is decoded next.
    const newerReport = 'edge_csi_reports_settled_total{outcome="superseded",reason="newer-report"}';
    await metricAtLeast(running.gateway, newerReport, 20);
    await site.broker.restart();
    const backMs = performance.now();
    await decodedMore(running.load, 100);
    const { reasons } = await expectToAddUp(running);
    note('broker gone and back', running.load, sinceMs);
    expect(running.load.recoveryMs(backMs)).toBeLessThan(5_000);
    const { 'estimate-published': published = 0, 'newer-report': superseded = 0, ...others } = reasons;
    expect(published + superseded).toBeGreaterThan(0.8 * running.load.sentMs.size);
    // A UE loses what is with the broker when it goes, and what is handed to it before workers are back.
    expectAtMost(2 * numUes, others, ['broker-lost', 'deadline-passed', 'no-responders']);
  });

  it('decodes at the gateway while there is no worker, where that is allowed', async () => {
    const gateway = await site.gateway(...gatewayOptions);
    await ready(gateway);
    const load = await SiteLoad.join(gateway.url, model, numUes);
    const atBroker = await listenToBroker(site.broker.url);
    load.start(periodMs);
    await until('decoded reports', () => (load.counts.decoded ?? 0) > 50);
    const here = (await metricsOf(gateway.adminUrl)).get('edge_csi_cluster_local_batches_total') ?? 0;
    expect(here).toBeGreaterThan(0);
    const worker = await site.worker();
    await metricWithin(gateway, 'edge_csi_cluster_workers', 1);
    await metricWithin(worker, 'edge_csi_cluster_in_group', 1);
    await decodedMore(load, 200);
    await load.stop();
    const { outcomes, reasons } = settledOf(await metricsOf(gateway.adminUrl));
    expect(outcomes).toEqual(load.counts);
    // Nothing is missed for want of a worker; one that stalls on a busy machine may refuse a batch or be late with it.
    const { 'estimate-published': published = 0, 'newer-report': superseded = 0, ...others } = reasons;
    expect(published).toBeGreaterThan(0.8 * load.sentMs.size);
    expect(published + superseded).toBeGreaterThan(0.9 * load.sentMs.size);
    expectAtMost(numUes, others, ['deadline-passed', 'worker-refused']);
    const decoded = [...load.outcomes].filter(([, all]) => all.some(({ outcome }) => outcome === 'decoded'));
    await until('the estimates', () => decoded.every(([key]) => atBroker.heard.has(key)));
    expect((await metricsOf(worker.adminUrl)).get('edge_csi_cluster_requests_total')).toBeGreaterThan(0);
    load.close();
    await atBroker.close();
  });

  it('repeats the last estimate, flagged, while there is no worker and the gateway may not decode', async () => {
    const gateway = await site.gateway(...gatewayOptions, '--no-local-decode');
    const worker = await site.worker();
    await ready(gateway);
    const atGateway = await listenToGateway(gateway.url);
    const load = await SiteLoad.join(gateway.url, model, 1);
    load.start(periodMs);
    await until('decoded reports', () => (load.counts.decoded ?? 0) > 5);
    await site.end(worker, 'SIGTERM');
    await until('held estimates', () =>
      [...atGateway.heard.values()].flat().some(({ estimate }) => estimate.quality === 'held'),
    );
    await load.stop();
    const { reasons, outcomes } = settledOf(await metricsOf(gateway.adminUrl));
    expect(reasons['no-responders']).toBeGreaterThan(0);
    expect(outcomes).toEqual(load.counts);
    expect((await fetch(`${gateway.adminUrl}/readyz`)).status).toBe(503);
    atGateway.close();
    load.close();
  });
});
