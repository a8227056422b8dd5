import type { ModelBundle } from '@edge-csi/models';
import { expect } from 'vitest';
import { until } from '../bs-server-harness.ts';
import type { ServeProcess } from '../serve-process.ts';
import { metricsOf, settledOf } from './metrics-of.ts';
import type { Site } from './site.ts';
import { type Heard, listenToBroker, listenToGateway, SiteLoad } from './site-load.ts';

/** Wide enough for a busy machine, and all that a report may be late by. */
const deadlineMs = 500;
/** For messages on their way, on a busy machine. */
const slackMs = 500;
const numUes = 20;
const periodMs = 80;
export const loadOptions = { deadlineMs, slackMs, numUes, periodMs } as const;
export const gatewayOptions = ['--deadline-ms', String(deadlineMs), '--period-slots', '20', '--no-overload-control'];

/** Waits until a server says that it is ready. */
export async function ready(server: ServeProcess): Promise<void> {
  let isReady = false;
  await until('readiness', () => {
    void fetch(`${server.adminUrl}/readyz`).then(({ ok }) => {
      isReady ||= ok;
    });
    return isReady;
  });
}

/** A gateway, two workers, UEs that report, and everybody who listens. */
export async function startLoaded(site: Site, model: ModelBundle, deadlineMs: number = loadOptions.deadlineMs) {
  const [gateway, first, second] = await Promise.all([
    site.gateway(...gatewayOptions, '--no-local-decode', '--deadline-ms', String(deadlineMs)),
    site.worker(),
    site.worker(),
  ]);
  await metricWithin(gateway, 'edge_csi_cluster_workers', 2);
  const atGateway = await listenToGateway(gateway.url);
  const atBroker = await listenToBroker(site.broker.url);
  const load = await SiteLoad.join(gateway.url, model, numUes);
  load.start(periodMs);
  await until('decoded reports', () => (load.counts.decoded ?? 0) > 50);
  return { gateway, first, second, load, atGateway, atBroker, deadlineMs };
}

/** Waits until a metric of a server has a value. */
export function metricWithin(server: ServeProcess, name: string, value: number): Promise<void> {
  return metricUntil(server, name, `${value}`, (present) => present === value);
}

/** Waits until a counter of a server has come so far. */
export function metricAtLeast(server: ServeProcess, name: string, value: number): Promise<void> {
  return metricUntil(server, name, `${value} or more`, (present = 0) => present >= value);
}

async function metricUntil(
  { adminUrl }: ServeProcess,
  name: string,
  expected: string,
  holds: (present: number | undefined) => boolean,
): Promise<void> {
  const giveUpMs = performance.now() + 20_000;
  while (!holds((await metricsOf(adminUrl)).get(name))) {
    if (performance.now() > giveUpMs) throw new Error(`waited 20000 ms for ${name} to be ${expected}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Every report has one outcome, the gateway counts the same, and every decoded report has one estimate that is not old. */
export async function expectToAddUp({
  gateway,
  load,
  atGateway,
  atBroker,
  deadlineMs,
}: Awaited<ReturnType<typeof startLoaded>>) {
  await load.stop();
  const decoded = load.counts.decoded ?? 0;
  await until('the estimates', () => reportsIn(atGateway.heard) >= decoded);
  const metrics = await metricsOf(gateway.adminUrl);
  const { outcomes, reasons } = settledOf(metrics);
  expect(load.settledTwice).toBe(0);
  expect(outcomes).toEqual(load.counts);
  expect(metrics.get('edge_csi_reports_received_total')).toBe(load.sentMs.size);
  expect(metrics.get('edge_csi_reports_in_flight')).toBe(0);
  expect(metrics.get('edge_csi_cluster_requests_in_flight')).toBe(0);
  expect(reportsIn(atGateway.heard)).toBe(decoded);
  for (const heard of [atGateway.heard, atBroker.heard]) expectFresh(heard, load, deadlineMs);
  const once = [...atGateway.heard].filter(([key]) => !key.endsWith(' 0'));
  expect(once.every(([, all]) => all.filter(({ estimate }) => estimate.quality !== 'held').length <= 1)).toBe(true);
  atGateway.close();
  await atBroker.close();
  load.close();
  return { reasons, metrics };
}

/** Estimates that a report stands behind: a held one repeats an earlier report's. */
function reportsIn(heard: Heard): number {
  return [...heard.values()].flat().filter(({ estimate: { seq, quality } }) => seq > 0 && quality !== 'held').length;
}

/** Nothing comes later than its deadline allows: nothing was kept for later anywhere on the way. */
function expectFresh(heard: Heard, load: SiteLoad, deadlineMs: number): void {
  for (const [key, all] of heard) {
    const sentMs = load.sentMs.get(key);
    for (const { estimate, atMs } of all) {
      if (sentMs !== undefined && estimate.quality !== 'held') expect(atMs - sentMs).toBeLessThan(deadlineMs + slackMs);
    }
  }
}

/** Says what a fault cost. */
export function note(what: string, load: SiteLoad, sinceMs: number): void {
  const counts = Object.entries(load.counts).map(([outcome, count]) => `${count} ${outcome}`);
  process.stdout.write(
    `${what}: last report missed ${load.recoveryMs(sinceMs).toFixed(0)} ms after; ${counts.join(', ')}\n`,
  );
}

/** Waits until so many more reports are decoded. */
export async function decodedMore(load: SiteLoad, count: number): Promise<void> {
  const before = load.counts.decoded ?? 0;
  await until(`${count} more decoded reports`, () => (load.counts.decoded ?? 0) >= before + count);
}
