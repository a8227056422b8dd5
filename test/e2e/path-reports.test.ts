import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type BsServer,
  type Estimate,
  type PathEstimate,
  startBsServer,
  subscribeEstimates,
} from '@edge-csi/bs-server';
import { type AngularDelayCsi, createRandom, evaluatePaths, squaredErrorRatio, toAngularDelay } from '@edge-csi/csi';
import { createPathCodec } from '@edge-csi/csi/paths';
import { createPathManifest, type PathManifest } from '@edge-csi/models';
import { loadReportModel, readReportManifest } from '@edge-csi/models/disk';
import { paths } from '@edge-csi/proto';
import { connectUe, encoderBackends, type Ue } from '@edge-csi/ue-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LinkRunReport } from '../../scripts/cli/src/link-run/result.ts';
import { bundleOf } from '../family-model.ts';
import { Connection, until } from './bs-server-harness.ts';
import { edgeCsi } from './edge-csi-command.ts';
import { VersionZoo } from './version-zoo.ts';

let zoo: VersionZoo;
let manifest: PathManifest;
let server: BsServer;
let url: string;
const estimates = new Map<string, Estimate>();
let subscription: Awaited<ReturnType<typeof subscribeEstimates>>;

beforeEach(async () => {
  zoo = await VersionZoo.create();
  manifest = createPathManifest({ id: 'wide-paths', csi: zoo.model('wide').manifest.csi });
  await mkdir(path.join(zoo.directory, 'wide-paths'));
  await writeFile(path.join(zoo.directory, 'wide-paths', 'manifest.json'), JSON.stringify(manifest));
  server = await startBsServer({
    port: 0,
    executionProviders: ['cpu'],
    modelsDirectory: zoo.directory,
    models: ['wide', 'wide-paths'],
    deadlineMs: 5_000,
    uplinkWaitMs: 0,
    overloadControl: false,
    logLevel: 'silent',
  });
  url = server.url.replace('http', 'ws');
  estimates.clear();
  subscription = await subscribeEstimates({ url, onEstimate: (e) => estimates.set(`${e.ueId} ${e.slot}`, e) });
});
afterEach(async () => {
  await subscription.close();
  await server.close();
  await zoo.remove();
});

const pathBundle = () => loadReportModel(path.join(zoo.directory, 'wide-paths'), []);

/** A channel of one path, another one for every seed. */
function onePath(seed: number): AngularDelayCsi {
  const { numAntennas, numDelays, numSubcarriers } = manifest.csi;
  const codec = createPathCodec({ ...manifest.paths, numDelays, numSubcarriers });
  const random = createRandom(seed);
  const values = new Float32Array(2 * numAntennas * numDelays);
  const delaySamples = random.uniform() * (numDelays - 1);
  codec.reconstructInto(values, [
    { spatialFrequency: [random.uniform(), 0], delaySamples, gainRe: random.gaussian(), gainIm: random.gaussian() },
  ]);
  return { domain: 'angular-delay', numAntennas, numDelays, values };
}

async function reportOne(ue: Ue, ueId: string, slot: number) {
  const truth = onePath(slot);
  const { payloadBits } = await ue.report(truth, { slot });
  await until('the estimate', () => estimates.has(`${ueId} ${slot}`));
  const { csi, quality } = estimates.get(`${ueId} ${slot}`) as Estimate;
  const nmseDb = 10 * Math.log10(squaredErrorRatio(truth, { ...truth, values: csi.values }));
  return { payloadBits, quality, nmseDb };
}

describe.each(encoderBackends)('a UE with the %s encoder', (encoder) => {
  it('fetches a path model, reports, and hears of new budgets', async () => {
    await server.lifecycle.activate('wide-paths');
    const ue = await connectUe({ url, ueId: 'ue-1', encoder, warmUpRuns: 1 });
    expect(ue.manifest).toEqual(manifest);
    const first = await reportOne(ue, 'ue-1', 1);
    expect(first.quality).toBe('fresh');
    expect(first.nmseDb).toBeLessThan(-10);
    await server.reconfigure('ue-1', { maxPayloadBits: 60, bitPriceTenthDb: 0 });
    await until('the new budget', () => ue.config.maxPayloadBits === 60);
    const second = await reportOne(ue, 'ue-1', 2);
    expect(second.payloadBits.total).toBeLessThanOrEqual(60);
    expect(second.nmseDb).toBeLessThan(-10);
    await ue.close();
  });
});

it('decodes path reports beside those of networks', async () => {
  const networks = await connectUe({
    url,
    ueId: 'networks',
    model: await bundleOf(zoo.model('wide')),
    warmUpRuns: 1,
  });
  const ue = await connectUe({ url, ueId: 'paths', model: await pathBundle(), warmUpRuns: 1 });
  expect([networks.manifest.id, ue.manifest.id]).toEqual(['wide', 'wide-paths']);
  for (let slot = 1; slot <= 5; slot++) {
    const both = [reportOne(networks, 'networks', slot), reportOne(ue, 'paths', slot)] as const;
    expect((await both[0]).payloadBits.codeword).toBe(40);
    expect((await both[1]).nmseDb).toBeLessThan(-10);
  }
  expect(server.stats()).toMatchObject({ received: 10, decoded: 10, rejects: {} });
  await Promise.all([networks.close(), ue.close()]);
});

it('moves a UE from networks to paths and back while it reports', async () => {
  const ue = await connectUe({ url, ueId: 'ue-1', warmUpRuns: 1 });
  expect((await reportOne(ue, 'ue-1', 1)).payloadBits.codeword).toBe(40);
  await server.lifecycle.activate('wide-paths');
  await until('paths', () => ue.manifest.id === 'wide-paths');
  expect((await reportOne(ue, 'ue-1', 2)).payloadBits.paths).toBeGreaterThan(0);
  await server.lifecycle.rollback();
  await until('networks', () => ue.manifest.id === 'wide');
  expect((await reportOne(ue, 'ue-1', 3)).payloadBits.codeword).toBe(40);
  await ue.close();
});

describe('a subscriber that asks for paths', () => {
  it.each(['paths', 'matrix-and-paths'] as const)('gets %s, which are the matrix evaluated', async (form) => {
    const heard: PathEstimate[] = [];
    const asking = await subscribeEstimates({ url, form, onEstimate: (estimate) => heard.push(estimate) });
    const ue = await connectUe({ url, ueId: 'ue-1', model: await pathBundle(), warmUpRuns: 1 });
    await reportOne(ue, 'ue-1', 1);
    await until('the paths', () => heard.length === 1);
    const [{ csi, paths: channel, quality, seq } = {}] = heard;
    expect({ quality, seq, hasMatrix: csi !== undefined }).toEqual({
      quality: 'fresh',
      seq: 1,
      hasMatrix: form === 'matrix-and-paths',
    });
    if (channel === undefined) throw new Error('no paths');
    const { numAntennas, numDelays, numSubcarriers } = manifest.csi;
    expect(channel).toMatchObject({ antennas: [numAntennas, 1], numSubcarriers, coefficientsPerPath: 1 });
    const matrix = (estimates.get('ue-1 1') as Estimate).csi;
    const evaluated = toAngularDelay(evaluatePaths(channel), numDelays);
    expect(squaredErrorRatio(matrix, evaluated)).toBeLessThan(1e-10);
    if (csi !== undefined) expect(csi).toEqual(matrix);
    await Promise.all([ue.close(), asking.close()]);
  });

  it('gets the matrix of what a network has decoded', async () => {
    const heard: PathEstimate[] = [];
    const asking = await subscribeEstimates({ url, form: 'paths', onEstimate: (estimate) => heard.push(estimate) });
    const ue = await connectUe({ url, ueId: 'ue-1', warmUpRuns: 1 });
    await reportOne(ue, 'ue-1', 1);
    await until('the estimate', () => heard.length === 1);
    expect(heard[0]?.paths).toBeUndefined();
    expect(heard[0]?.csi).toEqual((estimates.get('ue-1 1') as Estimate).csi);
    await Promise.all([ue.close(), asking.close()]);
  });
});

it('moves a UE from paths to a network that is loaded then, and back, without a report lost', async () => {
  await server.lifecycle.activate('wide-paths');
  const ue = await connectUe({ url, ueId: 'ue-1', warmUpRuns: 1 });
  expect((await reportOne(ue, 'ue-1', 1)).payloadBits.paths).toBeGreaterThan(0);
  await server.lifecycle.unload('wide');
  await until('the network to be gone', () => server.models.every(({ id }) => id !== 'wide'));
  await server.lifecycle.load('wide');
  await server.lifecycle.activate('wide');
  await until('networks', () => ue.manifest.id === 'wide');
  expect((await reportOne(ue, 'ue-1', 2)).payloadBits.codeword).toBe(40);
  await server.lifecycle.rollback();
  await until('paths', () => ue.manifest.id === 'wide-paths');
  expect((await reportOne(ue, 'ue-1', 3)).nmseDb).toBeLessThan(-10);
  await ue.close();
  expect(server.stats()).toMatchObject({ received: 3, decoded: 3, lost: 0 });
});

it('refuses malformed path reports and goes on', async () => {
  const { sha256, manifest: held } = await pathBundle();
  const connection = await Connection.open(server.url, paths.ue);
  const models = [{ id: held.id, sha256 }];
  connection.sendFrame('hello', { ueId: 'bad', protocol: 1, models, token: '' });
  const { epoch, config } = await connection.next('welcome');
  const report = { epoch, slot: 1, modelId: held.id, revision: config.revision, scale: 0, phase: new Uint8Array() };
  const send = (seq: number, codeword: Uint8Array, payloadBits: number, scale = 0) =>
    connection.sendFrame('report', { ...report, seq, scale, codeword, payloadBits, processingUs: 0 });
  send(1, Uint8Array.of(1, 2, 3), 24, 1);
  expect((await connection.next('reject')).message).toContain('scale: 1, must be 0');
  send(2, new Uint8Array(63).fill(0xff), 504);
  expect((await connection.next('reject')).message).toContain('payloadBits: 504');
  send(3, new Uint8Array(20).fill(0x55), 160);
  expect((await connection.next('reject')).message).toContain('no path report');
  connection.socket.close();
  const ue = await connectUe({ url, ueId: 'good', model: await pathBundle(), warmUpRuns: 1 });
  expect((await reportOne(ue, 'good', 9)).nmseDb).toBeLessThan(-10);
  await ue.close();
});

describe('edge-csi', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-paths-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('link-run makes a path model for data of another array, of the downlink alone', async () => {
    const made = ['--scenario', 'cost2100-indoor', '--samples', '8', '--antennas', '24', '--csi'];
    const data = path.join(folder, 'csi.npy');
    expect(
      await edgeCsi('simulate', ...made, '--out', data, '--uplink-out', path.join(folder, 'uplink.npy')),
    ).toMatchObject({ code: 0 });
    const json = path.join(folder, 'run.json');
    const args = ['--family', 'paths', '--data', data, '--max-bits', '150', '--period-ms', '320', '--provider', 'cpu'];
    const { code, stderr } = await edgeCsi('link-run', ...args, '--deadline-ms', '5000', '--json', json);
    expect([stderr, code]).toEqual(['', 0]);
    const { runs } = JSON.parse(await readFile(json, 'utf8')) as LinkRunReport;
    expect(runs).toMatchObject([{ family: 'paths', budgetBits: 150, reportsSent: 8, reportsLost: 0 }]);
    expect(runs[0]?.nmseDb).toBeLessThan(-10);
  });

  it('link-run, bench and models take planar arrays, and refuse those of another model by name', async () => {
    const data = path.join(folder, 'panel.npz');
    const made = ['--scenario', 'cost2100-indoor', '--samples', '8', '--csi', '--array', '8x4', '--out', data];
    expect(await edgeCsi('simulate', ...made)).toMatchObject({ code: 0 });
    const json = path.join(folder, 'panel.json');
    const args = [
      '--data',
      data,
      '--max-bits',
      '150',
      '--period-ms',
      '320',
      '--deadline-ms',
      '5000',
      '--provider',
      'cpu',
    ];
    const run = await edgeCsi('link-run', '--family', 'paths', '--array', '8x4', ...args, '--json', json);
    expect([run.stderr, run.code]).toEqual(['', 0]);
    const { runs } = JSON.parse(await readFile(json, 'utf8')) as LinkRunReport;
    expect(runs[0]?.nmseDb).toBeLessThan(-8);
    const refused = await edgeCsi('link-run', '--models', 'dualnet-mag-m43', '--array', '8x4', ...args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('--array is 8x4, and dualnet-mag-m43 is for a linear array of 32 antennas');
  });

  it('models response learns the errors of antennas, and what it learned makes reports of others better', async () => {
    const data = path.join(folder, 'site.npz');
    const made = ['--scenario', 'cost2100-indoor', '--environments', '40', '--ues', '1', '--samples', '40'];
    expect(await edgeCsi('simulate', ...made, '--out', data)).toMatchObject({ code: 0 });
    const json = path.join(folder, 'response.json');
    const out = path.join(folder, 'calibrated');
    const args = ['--data', data, '--antenna-errors', '5,0.5', '--model', 'paths-indoor', '--out', out, '--json', json];
    const { code, stderr } = await edgeCsi('models', 'response', ...args);
    expect([stderr, code]).toEqual(['site.npz: downlink: antenna errors of 5 degrees and 0.5 dB rms, seed 1\n', 0]);
    const { samples, nmseDb } = JSON.parse(await readFile(json, 'utf8'));
    expect(samples).toEqual({ fitted: 20, judged: 20 });
    expect(nmseDb.after).toBeLessThan(nmseDb.before - 1);
    const { paths: described } = (await readReportManifest(out)) as PathManifest;
    expect(described.response?.re.length).toBe(32);
    const again = await edgeCsi('models', 'response', ...args);
    expect(again.stderr).toContain('which holds a model; give another folder');
  });

  it('models paths writes a model that verifies, for linear and planar arrays', async () => {
    const write = (id: string, ...args: string[]) =>
      edgeCsi('models', 'paths', '--out', path.join(folder, id), ...args);
    expect(await write('linear', '--antennas', '64', '--carriers', '3.5/3.4')).toMatchObject({ code: 0, stderr: '' });
    expect(await write('planar', '--array', '8x4', '--delays', '16')).toMatchObject({ code: 0, stderr: '' });
    const { stdout, code } = await edgeCsi('models', 'verify', '--zoo', folder);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^linear ok, pairing hash [0-9a-f]{64}$/m);
    expect((await edgeCsi('models', 'list', '--zoo', folder)).stdout).toMatch(/planar .* 32 x 16/);
  });

  it('bench accuracy records the figures of a path model, which verify reaches again and card and show tell', async () => {
    const [data, zoo] = [path.join(folder, 'own.npz'), path.join(folder, 'own')];
    const run = async (...args: string[]) => {
      const { stdout, stderr, code } = await edgeCsi(...args);
      expect([stderr, code]).toEqual(['', 0]);
      return stdout;
    };
    await mkdir(zoo);
    await run('simulate', '--scenario', 'cost2100-indoor', '--samples', '6', '--out', data);
    await run('models', 'paths', '--antennas', '8', '--out', path.join(zoo, 'eight'));
    await run('bench', 'accuracy', '--models', 'eight', '--zoo', zoo, '--data', data, '--record');
    expect(await run('models', 'verify', 'eight', '--zoo', zoo, '--data', data)).toMatch(
      /NMSE -\d+\.\d\d dB at \d+ bits/,
    );
    await run('models', 'card', '--zoo', zoo);
    const card = await readFile(path.join(zoo, 'eight', 'card.md'), 'utf8');
    expect(card).toContain('Path reports: the UE finds up to 32 paths of 8 antennas');
    expect(card).toMatch(/\| own.npz \| 6 \| - \| \d+ \| -\d+/);
    expect(JSON.parse(await run('models', 'show', 'eight', '--zoo', zoo))).toMatchObject({ family: 'paths' });
  });

  it('models verify reaches the figures of a path model on data of the downlink alone', async () => {
    const [data, zoo] = [path.join(folder, 'downlink.npy'), path.join(folder, 'downlink')];
    const run = async (...args: string[]) => {
      const { stdout, stderr, code } = await edgeCsi(...args);
      expect([stderr, code]).toEqual(['', 0]);
      return stdout;
    };
    const made = ['--scenario', 'cost2100-indoor', '--samples', '6', '--antennas', '8', '--csi', '--out', data];
    await run('simulate', ...made, '--uplink-out', path.join(folder, 'unused.npy'));
    await mkdir(zoo);
    await run('models', 'paths', '--data', data, '--out', path.join(zoo, 'alone'));
    await run('bench', 'accuracy', '--models', 'alone', '--zoo', zoo, '--data', data, '--record');
    const verified = await run('models', 'verify', '--zoo', zoo, '--data', data);
    expect(verified).toMatch(/NMSE -\d+\.\d\d dB at \d+ bits, as recorded/);
  });

  it.each([
    ['no array', ['--array', '8by4'], 'give two counts of together at most 1024 elements, like 8x4'],
    ['two arrays', ['--array', '8x4', '--antennas', '32'], 'give one of them'],
    ['one carrier', ['--carriers', '3.5'], 'give the downlink and the uplink carrier, like 3.5/3.4'],
    ['more delays than subcarriers', ['--delays', '64', '--subcarriers', '32'], '--delays is 64, more than the 32'],
  ])('models paths says what to change about %s', async (_, args, message) => {
    const { code, stderr } = await edgeCsi('models', 'paths', '--out', path.join(folder, 'new'), ...args);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
