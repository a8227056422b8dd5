import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BsServer, type BsServerOptions, startBsServer } from '@edge-csi/bs-server';
import type { ModelBundle } from '@edge-csi/models';
import { zooDirectory } from '@edge-csi/models/disk';
import { type ChannelEstimate, type CsiMatrix, paths, readCsiMatrixInto } from '@edge-csi/proto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tinyFactor, writeTinyUplinkOnly } from '../../unit/models/tiny-uplink-only.ts';
import { Connection, createSample, firstModel, TestUe, until, uplinkFrame } from '../bs-server-harness.ts';

let model: ModelBundle;
let zoo: string;
let server: BsServer;
let phy: Connection;
let subscriber: Connection;

beforeAll(async () => {
  model = await firstModel();
  zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-zoo-'));
  const { id, csi } = model.manifest;
  await cp(path.join(zooDirectory(), id), path.join(zoo, id), { recursive: true });
  await writeTinyUplinkOnly(zoo, 'tiny-u2d', csi);
});
afterAll(() => rm(zoo, { recursive: true }));
afterEach(() => server.close());

async function start(options: BsServerOptions): Promise<void> {
  server = await startBsServer({ port: 0, executionProviders: ['cpu'], modelsDirectory: zoo, ...options });
  phy = await Connection.open(server.url, paths.phy);
  subscriber = await Connection.open(server.url, paths.estimates);
}

/** Feeds an uplink and waits until the server has it. @returns its CSI */
async function feed(ueId: string, slot: number): Promise<Float32Array> {
  const { uplink } = createSample(model, slot);
  const before = server.stats().uplinks.received;
  phy.send(uplinkFrame(model, ueId, slot, uplink));
  await until(`the uplink of slot ${slot}`, () => server.stats().uplinks.received > before);
  return uplink;
}

/** The tiny model halves magnitudes; its norms are 6 dB apart. */
function expectMagnitudes({ csi }: ChannelEstimate, uplink: Float32Array): void {
  const values = new Float32Array(uplink.length);
  readCsiMatrixInto(values, csi as CsiMatrix);
  const n = uplink.length / 2;
  const gain = tinyFactor * 10 ** (6 / 20);
  const expected = (k: number) => gain * Math.hypot(uplink[k] as number, uplink[n + k] as number);
  const errors = Array.from({ length: n }, (_, k) => (values[k] as number) - expected(k));
  expect(Math.hypot(...errors) / Math.hypot(...values)).toBeLessThan(1e-5);
  expect(values.subarray(n).every((value) => value === 0)).toBe(true);
}

describe('a BS server with an uplink-only model', () => {
  it('estimates from the uplink alone while a UE does not report, and from its reports again after that', async () => {
    // Long enough for a busy machine to decode the reports in time.
    await start({ deadlineMs: 1_000 });
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const first = await feed('ue-1', 1);
    ue.report({ ...createSample(model, 1), uplink: first }, { slot: 1 });
    expect(await subscriber.next('estimate')).toMatchObject({ quality: 'fresh', slot: 1, seq: 1 });

    for (const slot of [21, 41]) {
      const uplink = await feed('ue-1', slot);
      const estimate = await subscriber.next('estimate');
      expect(estimate).toMatchObject({
        ueId: 'ue-1',
        epoch: ue.epoch,
        seq: 0,
        slot,
        modelId: 'tiny-u2d',
        quality: 'uplink-only',
        payloadBits: 0,
      });
      expectMagnitudes(estimate, uplink);
      // It is given up a deadline after its uplink.
      expect(estimate.ageMs).toBeGreaterThanOrEqual(1_000);
      expect(estimate.queueMs).toBeLessThan(estimate.ageMs - 900);
    }

    await feed('ue-1', 61);
    const { seq } = ue.report(createSample(model, 61), { slot: 61 });
    expect(await ue.outcomeOf(seq)).toBe('decoded');
    expect(await subscriber.next('estimate')).toMatchObject({ quality: 'fresh', slot: 61, seq });
    expect(server.stats()).toMatchObject({
      received: 2,
      decoded: 2,
      lost: 2,
      inFlight: 0,
      qualities: { fresh: 2, 'uplink-only': 2 },
      uplinkOnly: { published: 2, dropped: 0 },
    });
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    expect(metrics).toContain('edge_csi_reports_lost_total 2');
    expect(metrics).toContain('edge_csi_estimates_decoded_total{quality="uplink-only"} 2');
    expect(metrics).toContain('edge_csi_uplink_only_dropped_total 0');
  });

  it('estimates from the uplink alone where a report is late', async () => {
    // A report waits for others to fill its batch until it is worth nothing any more.
    await start({ deadlineMs: 20, maxQueueDelayMs: 20 });
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const uplink = await feed('ue-1', 7);
    const { seq } = ue.report(createSample(model, 7), { slot: 7 });
    expect(await ue.outcomeOf(seq)).toBe('late');
    const estimate = await subscriber.next('estimate');
    expect(estimate).toMatchObject({ ueId: 'ue-1', epoch: ue.epoch, seq: 0, slot: 7, quality: 'uplink-only' });
    expectMagnitudes(estimate, uplink);
    expect(server.stats()).toMatchObject({ received: 1, late: 1, lost: 0, uplinkOnly: { published: 1, dropped: 0 } });
  });

  it('follows a change of the report period, and expects nothing of a UE that has left', async () => {
    await start({ deadlineMs: 1_000 });
    const [left, stays] = await Promise.all(['left', 'stays'].map((ueId) => TestUe.join(server.url, ueId, model)));
    for (const ue of [left, stays]) {
      await feed(ue?.ueId ?? '', 1);
      ue?.report(createSample(model, 1), { slot: 1 });
      expect((await subscriber.next('estimate')).quality).toBe('fresh');
    }
    await server.reconfigure('stays', { reportPeriodSlots: 40 });
    await feed('left', 21);
    await feed('stays', 40);
    left?.connection.socket.close();
    await left?.connection.closed;
    await feed('stays', 41);
    // Whatever was due before this has had its time.
    expect(await subscriber.next('estimate')).toMatchObject({ ueId: 'stays', slot: 41, quality: 'uplink-only' });
    expect(server.stats()).toMatchObject({ lost: 1, qualities: { fresh: 2, 'uplink-only': 1 } });
  });

  it('repeats the last estimate of the session where there is no such model', async () => {
    await start({ uplinkOnlyModel: false, deadlineMs: 200, maxHoldMs: 60_000, reportPeriodSlots: 20 });
    const ue = await TestUe.join(server.url, 'ue-1', model);
    await feed('ue-1', 1);
    const { seq } = ue.report(createSample(model, 1));
    const decoded = await subscriber.next('estimate');
    await feed('ue-1', 21);
    const held = await subscriber.next('estimate');
    expect(held).toMatchObject({ quality: 'held', seq, slot: 1, epoch: ue.epoch, payloadBits: 0 });
    expect(held.csi).toEqual(decoded.csi);
    expect(held.ageMs).toBeGreaterThan(decoded.ageMs + 200);
    expect(server.stats()).toMatchObject({ lost: 1, qualities: { held: 1 } });
  });

  it('says which model that is, and can do without', async () => {
    const health = async () => (await fetch(`${server.url}/healthz`)).json();
    await start({});
    expect(await health()).toMatchObject({ uplinkOnlyModel: 'tiny-u2d', models: [{ id: model.manifest.id }] });
    const routes = await (await fetch(`${server.url}/models`)).text();
    expect(routes).not.toContain('tiny-u2d');
    await server.close();
    await start({ uplinkOnlyModel: false });
    expect(await health()).toMatchObject({ uplinkOnlyModel: null });
    await server.close();
    await expect(start({ uplinkOnlyModel: 'nope' })).rejects.toMatchObject({ code: 'model-unknown' });
  });
});
