import { connectPhyFeed } from '@edge-csi/bs-server';
import type { ModelBundle } from '@edge-csi/models';
import { connectUe, type ReportResult, type SentReport, type Ue } from '@edge-csi/ue-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bundleOf } from '../../family-model.ts';
import { until, within } from '../bs-server-harness.ts';
import { freePort } from '../free-port.ts';
import { scaled } from '../scale.ts';
import type { ServeProcess } from '../serve-process.ts';
import { linkCsi, VersionZoo } from '../version-zoo.ts';
import { metricsOf, settledOf } from './metrics-of.ts';
import { natsProblem } from './nats-server.ts';
import { Site } from './site.ts';
import { SiteLoad } from './site-load.ts';
import { decodedMore, metricWithin, ready } from './site-rig.ts';

const problem = natsProblem();

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

/** A UE that reports until it is stopped, one report after the other is answered. */
class SteadyUe {
  readonly sent: SentReport[] = [];
  readonly results: ReportResult[] = [];
  #stopped = false;
  #running: Promise<void> = Promise.resolve();
  #ue: Ue | undefined;

  async start(url: string, phy: Awaited<ReturnType<typeof connectPhyFeed>>, ueId: string): Promise<void> {
    let answered: () => void = () => undefined;
    const onAck = (result: ReportResult) => {
      this.results.push(result);
      answered();
    };
    const ue = await connectUe({ url, ueId, warmUpRuns: 1, onAck });
    this.#ue = ue;
    this.#running = (async () => {
      for (let slot = 1; !this.#stopped; slot++) {
        const answer = new Promise<void>((resolve) => {
          answered = resolve;
        });
        phy.send(ueId, slot, linkCsi(slot));
        this.sent.push(await ue.report(linkCsi(slot), { slot }));
        await answer;
      }
    })();
  }

  /** Waits for so many more reports coded in that many bits. */
  async reported(codewordBits: number, count: number): Promise<void> {
    const from = this.sent.length;
    const fitting = () => this.sent.slice(from).filter(({ payloadBits }) => payloadBits.codeword === codewordBits);
    await until(`${count} reports of ${codewordBits} bits`, () => fitting().length >= count);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await within('the last report', this.#running);
    await this.#ue?.close();
  }
}

/** An operation of a server's life cycle of models. @returns what it says of an error; undefined where there is none */
async function models({ adminUrl }: ServeProcess, operation: string): Promise<string | undefined> {
  const response = await fetch(`${adminUrl}/models/${operation}`, { method: 'POST' });
  const { error } = (await response.json()) as { readonly error?: { readonly message: string } };
  return error?.message;
}

describe.skipIf(problem !== undefined)('a site in operation', () => {
  it('changes to another model version, worker by worker and then the gateway, and every report is decoded', async () => {
    const patient = ['--deadline-ms', '5000', '--no-overload-control', '--no-local-decode', '--period-slots', '4'];
    const [gateway, first, second] = await Promise.all([site.gateway(...patient), site.worker(), site.worker()]);
    await metricWithin(gateway, 'edge_csi_cluster_workers', 2);
    const phy = await connectPhyFeed({ url: gateway.url });
    const ues = [new SteadyUe(), new SteadyUe()];
    for (const [i, ue] of ues.entries()) await ue.start(gateway.url, phy, `ue-${i}`);
    const reported = (codewordBits: number) => Promise.all(ues.map((ue) => ue.reported(codewordBits, 5)));

    await reported(16);
    expect(await models(gateway, 'link-next/load')).toMatch(/no decode worker has link@\w+; load it on a worker first/);
    for (const worker of [first, second]) expect(await models(worker, 'link-next/load')).toBeUndefined();
    // Each says so with its next beat.
    while ((await models(gateway, 'link-next/load')) !== undefined);
    expect(await models(gateway, 'link-next/activate')).toBeUndefined();
    await reported(24);
    expect(await models(gateway, 'link/unload')).toBeUndefined();
    for (const worker of [first, second]) {
      expect(await models(worker, 'link-next/activate')).toBeUndefined();
      expect(await models(worker, 'link/unload')).toBeUndefined();
    }
    await reported(24);
    for (const ue of ues) await ue.stop();
    await phy.close();

    for (const { sent, results } of ues) {
      expect(results.map(({ seq, outcome }) => `${seq} ${outcome}`)).toEqual(sent.map(({ seq }) => `${seq} decoded`));
    }
    const sent = ues.reduce((sum, ue) => sum + ue.sent.length, 0);
    const { reasons } = settledOf(await metricsOf(gateway.adminUrl));
    expect(reasons).toEqual({ 'estimate-published': sent });
  });

  const numUes = scaled(100, 500);
  it(`has a gateway restarted under ${numUes} UEs: it answers for what it took, and all of them are served again`, async () => {
    const periodMs = 2_000;
    const place = ['--port', String(await freePort()), '--admin-port', '0'];
    const options = [
      ...place,
      '--deadline-ms',
      '2000',
      '--period-slots',
      '320',
      '--no-overload-control',
      '--no-local-decode',
    ];
    const [gateway] = await Promise.all([site.gateway(...options), site.worker()]);
    await ready(gateway);
    const load = await SiteLoad.join(gateway.url, model, numUes);
    load.start(periodMs);
    await decodedMore(load, 200);
    expect(await site.end(gateway, 'SIGTERM')).toBe(0);
    const endedMs = performance.now();
    load.halt();
    // Reports that arrived are answered; those sent to a closed connection are not.
    expect(load.settledTwice).toBe(0);
    const { decoded = 0, shed = 0, superseded = 0, ...others } = load.counts;
    expect([decoded + shed + superseded, others]).toEqual([load.outcomes.size, {}]);

    const again = await site.gateway(...options);
    await ready(again);
    const back = await SiteLoad.join(again.url, model, numUes);
    back.start(periodMs);
    await until(
      'a report of every UE',
      () => new Set([...back.outcomes.keys()].map((key) => key.split(' ')[0])).size === numUes,
    );
    process.stdout.write(
      `gateway restarted: ${numUes} UEs served again after ${(performance.now() - endedMs).toFixed(0)} ms\n`,
    );
    await back.stop();
    const metrics = await metricsOf(again.adminUrl);
    expect(settledOf(metrics).outcomes).toEqual(back.counts);
    expect(metrics.get('edge_csi_reports_received_total')).toBe(back.sentMs.size);
    expect(metrics.get('edge_csi_ues')).toBe(numUes);
    back.close();
  });
});
