import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type BsServer, startBsServer } from '@edge-csi/bs-server';
import { loadBundle, type ModelBundle, parseManifest, sha256Bytes, toHex } from '@edge-csi/models';
import { zooDirectory } from '@edge-csi/models/disk';
import { type ChannelEstimate, type CsiMatrix, paths, readCsiMatrixInto } from '@edge-csi/proto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  Connection,
  createReferenceDecoder,
  createSample,
  firstModel,
  TestUe,
  until,
  uplinkFrame,
  within,
} from '../bs-server-harness.ts';

let model: ModelBundle;
let reference: Awaited<ReturnType<typeof createReferenceDecoder>>;

beforeAll(async () => {
  model = await firstModel();
  reference = await createReferenceDecoder(model);
});

/** Relative to the estimate's norm: batches of different sizes sum in different orders. */
const tolerance = 1e-5;

function expectSameCsi(estimate: ChannelEstimate, expected: Float32Array): void {
  const values = new Float32Array(expected.length);
  readCsiMatrixInto(values, estimate.csi as CsiMatrix);
  const norm = Math.hypot(...expected);
  const error = Math.hypot(...values.map((value, k) => value - (expected[k] as number)));
  expect(norm).toBeGreaterThan(0);
  expect(error / norm).toBeLessThan(tolerance);
}

function expectBalanced(server: BsServer): void {
  const { received, decoded, superseded, late, shed, invalid, inFlight } = server.stats();
  expect(received).toBe(decoded + superseded + late + shed + invalid + inFlight);
}

describe('a BS server', () => {
  let server: BsServer;
  let phy: Connection;
  let subscriber: Connection;

  beforeEach(async () => {
    server = await startBsServer({
      port: 0,
      executionProviders: ['cpu'],
      models: [model.manifest.id],
      // A busy machine may stall for longer than a report is worth.
      deadlineMs: 5_000,
      uplinkWaitMs: 100,
    });
    phy = await Connection.open(server.url, paths.phy);
    subscriber = await Connection.open(server.url, paths.estimates);
  });

  afterEach(() => server.close());

  it('publishes the estimate a straight decoder computes, for every report of several UEs', async () => {
    const ues = await Promise.all(['ue-1', 'ue-2', 'ue-3'].map((ueId) => TestUe.join(server.url, ueId, model)));
    for (let round = 0; round < 6; round++) {
      const samples = ues.map((_, i) => createSample(model, 100 * round + i));
      const reports = ues.map((ue, i) => {
        const sample = samples[i] as (typeof samples)[number];
        phy.send(uplinkFrame(model, ue.ueId, round + 1, sample.uplink));
        return ue.report(sample);
      });
      for (const [i, ue] of ues.entries()) expect(await ue.outcomeOf(reports[i]?.seq ?? 0)).toBe('decoded');
      for (let k = 0; k < ues.length; k++) {
        const estimate = await subscriber.next('estimate');
        const i = ues.findIndex(({ ueId }) => ueId === estimate.ueId);
        const sample = samples[i] as (typeof samples)[number];
        expect(estimate).toMatchObject({
          epoch: ues[i]?.epoch,
          seq: round + 1,
          slot: round + 1,
          modelId: model.manifest.id,
          quality: 'fresh',
          payloadBits: sample.payloadBits,
        });
        expectSameCsi(estimate, await reference(sample, sample.uplink));
        expect(estimate.ageMs).toBeGreaterThanOrEqual(0.25 + estimate.decodeMs);
      }
    }
    const stats = server.stats();
    expect(stats).toMatchObject({ received: 18, decoded: 18, inFlight: 0, qualities: { fresh: 18 } });
    expect(stats.uplinks).toEqual({ received: 18, invalid: 0, uesEvicted: 0 });
    expect(stats.estimates).toEqual({ sent: 18, skipped: 0 });
  });

  it('says what uplink an estimate rests on: an older one, or none', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const [sample, other] = [createSample(model, 1), createSample(model, 2)];
    ue.report(sample, { slot: 10 });
    const without = await subscriber.next('estimate');
    expect(without.quality).toBe('no-uplink');
    expectSameCsi(without, await reference(sample, undefined));

    phy.send(uplinkFrame(model, 'ue-1', 11, other.uplink));
    await until('the uplink', () => server.stats().uplinks.received === 1);
    ue.report(sample, { slot: 12 });
    const stale = await subscriber.next('estimate');
    expect(stale.quality).toBe('stale-uplink');
    expectSameCsi(stale, await reference(sample, other.uplink));
  });

  it('reconfigures a UE while it runs, and still decodes what was made before', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const before = ue.config;
    const told = await server.reconfigure('ue-1', { codewordTruncation: 1, phaseTheta: 2 * before.phaseTheta });
    const { config } = await ue.connection.next('reconfigure');
    expect(config).toEqual(told);
    expect(config).toMatchObject({ revision: 2, codewordTruncation: 1, phaseTheta: 2 * before.phaseTheta });

    for (const [i, made] of [before, config].entries()) {
      const sample = createSample(model, i, made);
      ue.config = made;
      const { seq } = ue.report(sample);
      expect(await ue.outcomeOf(seq)).toBe('decoded');
      expectSameCsi(await subscriber.next('estimate'), await reference(sample, undefined, made));
    }
    expect(createSample(model, 1, config).payloadBits).toBeLessThan(createSample(model, 1).payloadBits);
    await expect(server.reconfigure('nobody', {})).rejects.toThrow(RangeError);
  });

  it('serves over HTTP what a UE needs of a model, and nothing else', async () => {
    const get = (route: string) => fetch(server.url + route);
    const { models } = (await (await get('/models')).json()) as { models: { id: string; url: string }[] };
    expect(models.map(({ id }) => id)).toEqual([model.manifest.id]);
    const base = new URL(models[0]?.url ?? '', server.url);
    const manifest = parseManifest(await (await fetch(base)).json());
    const fetched = await loadBundle(
      manifest,
      async (name) => new Uint8Array(await (await fetch(new URL(name, base))).arrayBuffer()),
      ['encoder'],
    );
    expect(fetched.sha256).toEqual(model.sha256);

    const { decoder } = manifest.files;
    for (const name of [decoder.path, 'card.md', '%2e%2e/%2e%2e/package.json', '..%2f..%2fpackage.json', '']) {
      expect((await get(`/models/${manifest.id}/${name}`)).status).toBe(404);
    }
    expect((await fetch(`${server.url}/models`, { method: 'POST' })).status).toBe(405);
    const etag = (await fetch(base)).headers.get('etag') ?? '';
    expect((await fetch(base, { headers: { 'if-none-match': etag } })).status).toBe(304);
  });

  it('reports its health and its counters', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    await ue.outcomeOf(ue.report(createSample(model, 1)).seq);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
    const health = await (await fetch(`${server.url}/healthz`)).json();
    expect(health).toMatchObject({ status: 'serving', executionProvider: 'cpu', models: server.models });
    expect(health).toHaveProperty('version', expect.stringMatching(/^\d+\.\d+\.\d+/));
    const metrics = await (await fetch(`${server.adminUrl}/metrics`)).text();
    expect(metrics).toContain('edge_csi_reports_received_total 1');
    expect(metrics).toContain('edge_csi_reports_settled_total{outcome="decoded",reason="estimate-published"} 1');
    expect(metrics).toContain('edge_csi_decode_ms_count 1');
    expect(metrics).toContain('edge_csi_ues 1');
    for (const line of metrics.split('\n')) expect(line).toMatch(/^$|^# |^edge_csi_/);
  });

  it('settles every report when a UE sends faster than it is served', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const sample = createSample(model, 1);
    const count = 200;
    for (let i = 0; i < count; i++) ue.report(sample);
    const outcomes = new Map<number, string>();
    while (outcomes.size < count) {
      const ack = await ue.connection.next('ack');
      for (const [i, seq] of ack.seqs.entries()) {
        expect(outcomes.has(seq)).toBe(false);
        outcomes.set(seq, ack.outcomes[i] as string);
      }
    }
    const superseded = [...outcomes.values()].filter((outcome) => outcome === 'superseded').length;
    const decoded = [...outcomes.values()].filter((outcome) => outcome === 'decoded').length;
    expect(outcomes.get(count)).toBe('decoded');
    expect(superseded).toBeGreaterThan(0);
    expect(server.stats()).toMatchObject({ received: count, decoded, superseded, inFlight: 0 });
    expect(decoded + superseded).toBe(count);
  });

  it('drains: decodes what has arrived, sheds what comes after, turns connections away', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    const { seq } = ue.report(createSample(model, 1));
    await until('the report', () => server.stats().received === 1);
    await within('drain', server.drain());
    expect(await ue.outcomeOf(seq)).toBe('decoded');
    expect(await ue.outcomeOf(ue.report(createSample(model, 2)).seq)).toBe('shed');
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
    await expect(Connection.open(server.url, paths.ue)).rejects.toThrow('503');
    expectBalanced(server);
  });

  it('closes within its deadline, says so to everybody, and closes twice', async () => {
    const ue = await TestUe.join(server.url, 'ue-1', model);
    // This one never answers a close.
    const silent = await Connection.open(server.url, paths.ue);
    silent.socket.pause();
    for (let i = 0; i < 40; i++) ue.report(createSample(model, i));
    await until('the reports', () => server.stats().received === 40);
    const startMs = performance.now();
    await within('close', Promise.all([server.close(), server.close()]));
    expect(performance.now() - startMs).toBeLessThan(8_000);
    expect(await ue.connection.next('reject')).toMatchObject({ code: 'shutting-down', retryable: true });
    expect((await within('the close frame', ue.connection.closed)).code).toBe(1001);
    await expect(fetch(`${server.url}/healthz`)).rejects.toThrow();
    expect(server.stats().inFlight).toBe(0);
    expectBalanced(server);
    silent.socket.terminate();
  });
});

describe('startBsServer', () => {
  const opened: BsServer[] = [];
  afterAll(() => Promise.all(opened.map((server) => server.close())));

  it('rejects where the port is taken or the model unknown', async () => {
    const server = await startBsServer({ port: 0, executionProviders: ['cpu'], models: [model.manifest.id] });
    opened.push(server);
    const options = { port: server.port, executionProviders: ['cpu'] as const, models: [model.manifest.id] };
    await expect(startBsServer(options)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await expect(startBsServer({ ...options, models: ['no-such-model'] })).rejects.toMatchObject({
      code: 'model-unknown',
    });
  });

  it('answers that it is not ready until its decoder is warm', async () => {
    const port = opened[0]?.port ?? 0;
    await opened.pop()?.close();
    const statuses: number[] = [];
    const started = startBsServer({ port, adminPort: 0, executionProviders: ['cpu'], models: [model.manifest.id] });
    const url = `http://127.0.0.1:${port}`;
    const listening = async () => {
      while (statuses.length === 0) {
        const response = await fetch(`${url}/readyz`).catch(() => undefined);
        if (response !== undefined) statuses.push(response.status);
      }
    };
    await within('the listener', listening());
    const upgrade = await Connection.open(url, paths.ue).catch((error: Error) => error.message);
    opened.push(await started);
    statuses.push((await fetch(`${url}/readyz`)).status);
    expect(statuses).toEqual([503, 200]);
    expect(upgrade).toContain('503');
  });

  it('rejects a decoder that is no network by its file, one that does not load by its reason, and frees the port', async () => {
    const zoo = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
    const { id } = model.manifest;
    const folder = path.join(zoo, id);
    const decoderFile = path.join(folder, model.manifest.files.decoder.path);
    const port = opened[0]?.port ?? 0;
    const options = { port, adminPort: 0, executionProviders: ['cpu'] as const };
    const started = async (decoder: Uint8Array) => {
      await writeFile(decoderFile, decoder);
      const sha256 = toHex(await sha256Bytes(decoder));
      const files = {
        ...model.manifest.files,
        decoder: { ...model.manifest.files.decoder, sha256, bytes: decoder.length },
      };
      await writeFile(path.join(folder, 'manifest.json'), JSON.stringify({ ...model.manifest, files }));
      return startBsServer({ ...options, modelsDirectory: zoo });
    };
    try {
      await cp(path.join(zooDirectory(), id), folder, { recursive: true });
      const unknown = await readFile(decoderFile);
      await opened.pop()?.close();
      const text = started(new TextEncoder().encode('no network'));
      await expect(text).rejects.toThrow(new RegExp(`${id}/decoder.onnx is not an ONNX file`));
      // An operator that nobody knows, in a file that is sound otherwise.
      const at = unknown.indexOf('Relu', 0, 'latin1');
      expect(at).toBeGreaterThan(0);
      unknown.write('Relx', at, 'latin1');
      await expect(started(unknown)).rejects.toThrow(/no execution provider.*cpu: /);
      opened.push(await startBsServer({ ...options, models: [id] }));
    } finally {
      await rm(zoo, { recursive: true });
    }
  });
});
