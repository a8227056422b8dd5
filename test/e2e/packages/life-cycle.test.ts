import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type BsServer, connectPhyFeed, type PhyFeed, startBsServer, subscribeEstimates } from '@edge-csi/bs-server';
import type { AngularDelayCsi } from '@edge-csi/csi';
import { toHex } from '@edge-csi/models';
import { paths, protocolVersion } from '@edge-csi/proto';
import { connectUe, type ReportResult, type SentReport, type Ue, type UeState } from '@edge-csi/ue-client';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { bundleOf } from '../../family-model.ts';
import { Connection, createSample, TestUe, until, uplinkFrame, within } from '../bs-server-harness.ts';
import { linkCsi, VersionZoo } from '../version-zoo.ts';

let zoo: VersionZoo;
let server: BsServer;
let url: string;

beforeEach(async () => {
  zoo = await VersionZoo.create();
  server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    modelsDirectory: zoo.directory,
    models: ['link'],
    // A busy machine may stall for longer than a report is worth.
    deadlineMs: 5_000,
    uplinkWaitMs: 5_000,
    drainTimeoutMs: 5_000,
    overloadControl: false,
    logLevel: 'silent',
  });
  url = server.url.replace('http', 'ws');
});
afterEach(async () => {
  await server.close();
  await zoo.remove();
});

/** A UE that reports until it is stopped, one report after the other is answered, and keeps what became of each. */
class ReportingUe {
  readonly sent: SentReport[] = [];
  readonly results: ReportResult[] = [];
  readonly states: UeState[] = [];
  readonly truths = new Map<number, AngularDelayCsi>();
  #ue: Ue | undefined;
  #stopped = false;
  #running: Promise<void> = Promise.resolve();

  async start(phy: PhyFeed, ueId: string): Promise<void> {
    let answered: () => void = () => undefined;
    const ue = await connectUe({
      url,
      ueId,
      warmUpRuns: 1,
      onStateChange: (state) => this.states.push(state),
      onAck: (result) => {
        this.results.push(result);
        answered();
      },
    });
    this.#ue = ue;
    this.#running = (async () => {
      for (let slot = 1; !this.#stopped; slot++) {
        const truth = linkCsi(slot);
        this.truths.set(slot, truth);
        const answer = new Promise<void>((resolve) => {
          answered = resolve;
        });
        // With the downlink itself as its uplink, every version restores every entry.
        phy.send(ueId, slot, truth);
        this.sent.push(await ue.report(truth, { slot }));
        await answer;
      }
    })();
  }

  /** Waits until it has sent `count` more reports coded in that many bits. */
  async reported(codewordBits: number, count: number): Promise<void> {
    const from = this.sent.length;
    const fitting = () =>
      this.sent.slice(from).filter(({ payloadBits }) => payloadBits.codeword === codewordBits).length;
    await until(`${count} reports of ${codewordBits} bits`, () => fitting() >= count);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await within('the last report', this.#running);
    await this.#ue?.close();
  }
}

it('loads, activates and rolls back under UEs that report all the while: none is invalid, late or lost, and none reconnects', async () => {
  const estimates = new Map<string, Float32Array>();
  const subscription = await subscribeEstimates({
    url,
    onEstimate: ({ ueId, slot, csi }) => estimates.set(`${ueId} ${slot}`, csi.values),
  });
  const phy = await connectPhyFeed({ url });
  const ues = new Map([
    ['ue-1', new ReportingUe()],
    ['ue-2', new ReportingUe()],
  ]);
  const all = [...ues.values()];
  for (const [ueId, ue] of ues) await ue.start(phy, ueId);
  const reported = (codewordBits: number) => Promise.all(all.map((ue) => ue.reported(codewordBits, 20)));

  await reported(16);
  const loaded = await server.lifecycle.load('link-next');
  await reported(16);
  expect(await server.lifecycle.activate('link-next')).toMatchObject({ active: loaded.version, uesTold: 2 });
  await reported(24);
  await server.lifecycle.rollback();
  await reported(16);
  expect(await server.lifecycle.unload('link-next')).toMatchObject({ state: 'unloaded', ues: 0, inFlight: 0 });
  await reported(16);
  for (const ue of all) await ue.stop();
  await phy.close();
  await until('the estimates', () => estimates.size === server.stats().decoded);
  await subscription.close();

  let total = 0;
  for (const [ueId, { sent, results, states, truths }] of ues) {
    expect(states).toEqual(['connecting', 'ready', 'closed']);
    expect(results.map(({ seq, outcome }) => `${seq} ${outcome}`)).toEqual(sent.map(({ seq }) => `${seq} decoded`));
    const bits = sent.map(({ payloadBits }) => payloadBits.codeword);
    // Sixteen, then twenty-four, then sixteen again, without one in between of the other.
    expect(bits.filter((value, i) => value !== bits[i - 1])).toEqual([16, 24, 16]);
    for (const { slot } of sent) {
      const truth = truths.get(slot)?.values as Float32Array;
      const estimate = estimates.get(`${ueId} ${slot}`) as Float32Array;
      const error = Math.hypot(...truth.map((value, k) => value - (estimate[k] as number)));
      expect(error / Math.hypot(...truth), `${ueId}, slot ${slot}`).toBeLessThan(0.05);
    }
    total += sent.length;
  }
  expect(server.stats()).toMatchObject({ received: total, decoded: total, lost: 0, workerRestarts: 0, rejects: {} });
  expect(server.lifecycle.status().models).toMatchObject([{ folder: 'link', active: true, ues: 0, inFlight: 0 }]);
});

it('tells new UEs the active version, and pairs one that brings its own with that for as long as it is loaded', async () => {
  await server.lifecycle.load('link-next');
  await server.lifecycle.activate('link-next');
  const fetched = await connectUe({ url, ueId: 'new', warmUpRuns: 1 });
  expect(fetched.config.model.sha256).toEqual((await bundleOf(zoo.model('link-next'))).sha256);
  await fetched.close();

  const old = await bundleOf(zoo.model('link'));
  const ue = await connectUe({ url, ueId: 'old', model: old, warmUpRuns: 1 });
  expect(ue.config.model.sha256).toEqual(old.sha256);
  await ue.close();
  expect(await server.lifecycle.unload('link')).toMatchObject({ state: 'unloaded' });
  const hash = server.models[0]?.sha256 as string;
  await expect(connectUe({ url, ueId: 'old', model: old, warmUpRuns: 1 })).rejects.toMatchObject({
    code: 'model-mismatch',
    message:
      `model link has sha256 ${hash} here, the UE holds ${toHex(old.sha256)}; ` +
      `fetch /models/link/${hash.slice(0, 12)}/manifest.json`,
  });
});

it('lets a UE that brought its own model follow to another version and come back with it', async () => {
  const states: UeState[] = [];
  const own = await bundleOf(zoo.model('link'));
  const ue = await connectUe({
    url,
    ueId: 'ue-1',
    model: own,
    warmUpRuns: 1,
    reconnect: { minDelayMs: 1, maxDelayMs: 1 },
    onStateChange: (state) => states.push(state),
  });
  await server.lifecycle.load('link-next');
  const { active } = await server.lifecycle.activate('link-next');
  await until('the new version', () => ue.config.model.sha256[0] !== own.sha256[0]);
  expect(server.lifecycle.status().models[0]).toMatchObject({ version: active, ues: 1 });
  await server.close();
  const { port } = server;
  server = await startBsServer({
    port,
    adminPort: 0,
    executionProviders: ['cpu'],
    modelsDirectory: zoo.directory,
    models: ['link-next', 'link'],
    logLevel: 'silent',
  });
  await until('the UE', () => states.filter((state) => state === 'ready').length === 2);
  expect(toHex(ue.config.model.sha256)).toBe(server.models[0]?.sha256);
  await ue.close();
});

it('decodes what was made under the old version after the new one is active', async () => {
  const bundle = await bundleOf(zoo.model('link'));
  const ue = await TestUe.join(server.url, 'ue-1', bundle);
  await server.lifecycle.load('link-next');
  await server.lifecycle.activate('link-next');
  const { config } = await ue.connection.next('reconfigure');
  // This UE has not adopted what it was told yet.
  const phy = await Connection.open(server.url, paths.phy);
  const old = createSample(bundle, 1);
  phy.send(uplinkFrame(bundle, 'ue-1', 1, old.uplink));
  expect(await ue.outcomeOf(ue.report(old).seq)).toBe('decoded');
  ue.config = config;
  const next = createSample(await bundleOf(zoo.model('link-next')), 2, config);
  phy.send(uplinkFrame(bundle, 'ue-1', 2, next.uplink));
  expect(await ue.outcomeOf(ue.report(next).seq)).toBe('decoded');
});

it('keeps a version until the last UE that may use it has moved on or left', async () => {
  const bundle = await bundleOf(zoo.model('link'));
  const [moving, leaving] = [
    await TestUe.join(server.url, 'moving', bundle),
    await TestUe.join(server.url, 'leaving', bundle),
  ];
  await server.lifecycle.load('link-next');
  await server.lifecycle.activate('link-next');
  const statuses: string[] = [];
  const unloaded = server.lifecycle.unload('link').then(({ state }) => statuses.push(state));
  expect(server.lifecycle.status().models[1]).toMatchObject({ folder: 'link', state: 'draining', ues: 2 });
  expect(server.models).toHaveLength(1);

  const { config } = await moving.connection.next('reconfigure');
  // Not listed any more, and still there for whoever was told its address before.
  const listed = (await (await fetch(`${server.url}/models`)).json()) as { models: { url: string }[] };
  expect(listed.models.map((model) => model.url)).toEqual([config.modelUrl]);
  const leavingUrl = moving.config.modelUrl;
  expect((await fetch(server.url + leavingUrl)).status).toBe(200);

  moving.config = config;
  const sample = createSample(await bundleOf(zoo.model('link-next')), 1, config);
  const phy = await Connection.open(server.url, paths.phy);
  phy.send(uplinkFrame(bundle, 'moving', 1, sample.uplink));
  expect(await moving.outcomeOf(moving.report(sample).seq)).toBe('decoded');
  expect(server.lifecycle.status().models[1]).toMatchObject({ state: 'draining', ues: 1 });
  expect(statuses).toEqual([]);
  leaving.connection.socket.terminate();
  await within('the version to be freed', unloaded);
  expect(statuses).toEqual(['unloaded']);
  expect((await fetch(server.url + leavingUrl)).status).toBe(404);
  // What it was told before is over with the version.
  expect(await moving.outcomeOf(moving.report(sample, { revision: 1 }).seq)).toBe('invalid');
});

it('leaves everything as it was where a folder cannot be loaded', async () => {
  const before = server.lifecycle.status().models.map(({ version }) => version);
  const broken = path.join(zoo.directory, 'broken');
  await cp(path.join(zoo.directory, 'link-next'), broken, { recursive: true });
  await writeFile(path.join(broken, 'decoder.onnx'), 'not what the manifest says');
  const loading = (folder: string) => server.lifecycle.load(folder);
  await expect(loading('broken')).rejects.toMatchObject({
    code: 'model-invalid',
    message: expect.stringMatching(/sha256 is .*fetch/),
  });
  await expect(loading('nowhere')).rejects.toMatchObject({
    code: 'model-unknown',
    message: expect.stringMatching(/which holds .*link-next/),
  });
  await expect(loading('../link-next')).rejects.toThrow(RangeError);
  await expect(loading('link')).rejects.toMatchObject({
    code: 'model-state',
    message: expect.stringMatching(/is ready already$/),
  });
  expect(server.lifecycle.status().models.map(({ version }) => version)).toEqual(before);
  const ue = await connectUe({ url, ueId: 'ue-1', warmUpRuns: 1 });
  expect(toHex(ue.config.model.sha256)).toBe(server.models[0]?.sha256);
  await ue.close();
});

it('decodes a model that is larger than any it started with, beside the smaller ones', async () => {
  await server.lifecycle.load('wide');
  const subscriber = await Connection.open(server.url, paths.estimates);
  const phy = await Connection.open(server.url, paths.phy);
  for (const [slot, folder] of [
    [1, 'wide'],
    [2, 'link'],
    [3, 'wide'],
  ] as const) {
    const bundle = await bundleOf(zoo.model(folder));
    const ue = await TestUe.join(server.url, `ue-${slot}`, bundle);
    const sample = createSample(bundle, slot);
    phy.send(uplinkFrame(bundle, ue.ueId, slot, sample.uplink));
    expect(await ue.outcomeOf(ue.report(sample, { slot }).seq)).toBe('decoded');
    const { csi, quality } = await subscriber.next('estimate');
    expect({ numAntennas: csi?.numAntennas, quality }).toEqual({
      numAntennas: folder === 'wide' ? 16 : 4,
      quality: 'fresh',
    });
  }
  // UEs of the other link stay with what they have.
  expect(await server.lifecycle.activate('wide')).toMatchObject({ uesTold: 0 });
});

it('tells a UE that says Hello while versions change what is served when it is welcome', async () => {
  const bundle = await bundleOf(zoo.model('link'));
  const first = await TestUe.join(server.url, 'ue-1', bundle);
  // The first connection has gone silent: the server waits for its pong before the second one takes its place.
  first.connection.socket.pause();
  const second = await Connection.open(server.url, paths.ue);
  second.sendFrame('hello', { ueId: 'ue-1', protocol: protocolVersion, models: [], token: '' });
  await until('the second connection', () => server.stats().connections.ues === 2);
  await server.lifecycle.load('link-next');
  const { active } = await server.lifecycle.activate('link-next');
  const { config } = await second.next('welcome');
  expect(`${config.model.id}@${toHex(config.model.sha256).slice(0, 12)}`).toBe(active);
  first.connection.socket.terminate();
});
