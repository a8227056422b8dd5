import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { sampleData } from '../../../scripts/lab/src/data.ts';
import { type FamilyOptions, familyModel, writeFamilyModel } from '../../family-model.ts';
import { edgeCsi } from '../edge-csi-command.ts';
import { startServe } from '../serve-process.ts';

// Four times the array of the models that ship, so that no length on the way can be theirs.
const shape = { numAntennas: 128, numDelays: 32 };
const numEntries = 4096;
const scale = { minDb: -60, stepDb: 0.375, bits: 8 };
const range = { min: 0, max: 4 };
const families: (FamilyOptions & { readonly bits: { readonly scale: number; readonly phase: number } })[] = [
  {
    ...shape,
    id: 'magnitudes',
    normalization: { kind: 'spherical', scale },
    maxBits: 4,
    bits: { scale: 8, phase: 4 * numEntries },
  },
  {
    ...shape,
    id: 'minmax',
    normalization: { kind: 'minmax', downlink: range, uplink: range },
    maxBits: 4,
    bits: { scale: 0, phase: 4 * numEntries },
  },
  {
    ...shape,
    id: 'parts',
    planes: 'absolute-parts',
    normalization: { kind: 'spherical', scale },
    maxBits: 1,
    bits: { scale: 8, phase: 2 * numEntries },
  },
];
const ids = families.map(({ id }) => id);

let folder: string;
let zoo: string;
let server: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-families-'));
  zoo = path.join(folder, 'zoo');
  for (const options of families) await writeFamilyModel(zoo, await familyModel(options));
});
afterAll(async () => {
  server?.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

/** Runs a command that must succeed. @returns what it wrote as JSON, where it was asked to, and its output */
async function run(...args: string[]) {
  const json = path.join(folder, 'out.json');
  const { code, stdout, stderr } = await edgeCsi(...args, '--zoo', zoo, '--json', json);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return { stdout, result: JSON.parse(await readFile(json, 'utf8')) };
}

it('lists, shows and verifies models of every family', async () => {
  const { stdout, result } = await run('models', 'list');
  const listed = stdout.split('\n').flatMap((line) => ids.filter((id) => line.startsWith(`${id} `)));
  expect(listed).toEqual(['magnitudes', 'minmax', 'parts']);
  expect(result.models.map(({ model }: { model: string }) => model)).toEqual(['magnitudes', 'minmax', 'parts']);
  expect((await edgeCsi('models', 'show', 'parts', '--zoo', zoo)).stdout).toContain('"planes":"absolute-parts"');
  const verified = await run('models', 'verify');
  for (const { model, sha256 } of verified.result.models) {
    expect(verified.stdout).toMatch(new RegExp(`^${model} ok, pairing hash ${sha256}$`, 'm'));
  }
  expect(verified.result.models.map(({ model }: { model: string }) => model).sort()).toEqual([...ids].sort());
  for (const { sha256 } of verified.result.models) expect(sha256).toMatch(/^[0-9a-f]{64}$/);
});

it('verifies by hash alone where a manifest has no figures on the data, unless the model is named', async () => {
  const { stdout: verified, result } = await run('models', 'verify', '--data', sampleData);
  for (const model of result.models) expect(model).not.toHaveProperty('figures');
  expect(verified.match(/no figures on cost2100-indoor-test-1024.npz/g)).toHaveLength(ids.length);
  const named = await edgeCsi('models', 'verify', 'parts', '--data', sampleData, '--zoo', zoo);
  expect(named.code).toBe(1);
  expect(named.stderr).toContain('parts has no figures for cost2100-indoor-test-1024.npz; it has them for none');
});

it('measures the accuracy of every family', async () => {
  const { result } = await run('bench', 'accuracy', '--samples', '16');
  for (const [i, { id, bits }] of families.entries()) {
    const measured = result.runs[i];
    expect(measured).toMatchObject({ model: id, samples: 16, payloadBits: { codeword: 16, ...bits } });
    expect(measured.payloadBits.mean).toBeCloseTo(16 + bits.scale + bits.phase, 6);
    // The uplink says something of the downlink, and true phases or signs are worth more than quantised ones.
    expect(measured.floatMagnitudeNmseDb).toBeLessThan(-0.5);
    expect(measured.nmseDb).toBeGreaterThan(measured.floatMagnitudeNmseDb - 0.1);
    expect(measured).not.toHaveProperty('unrefinedNmseDb');
  }
});

it('measures rate and distortion of absolute parts', async () => {
  const { result } = await run('bench', 'rate-distortion', '--models', 'parts', '--samples', '8');
  const curve = result.curve.filter(({ family }: { family: string }) => family === 'network');
  expect(curve.length).toBeGreaterThan(0);
  for (const point of curve) {
    // The codeword drops up to two bits a component; the allocation sends every sign at any theta of the suite.
    expect(point.bits).toBeGreaterThanOrEqual(12 + 8 + 2 * numEntries);
    expect(point.bits).toBeLessThanOrEqual(16 + 8 + 2 * numEntries);
    // Made by hand, the model is no better than saying nothing; wrong signs would cost about 3 dB more.
    expect(point.nmseDb).toBeLessThan(1);
  }
}, 180_000);

it('carries reports of the new families over sockets', async () => {
  const args = ['--samples', '24', '--ues', '8', '--period-ms', '320', '--deadline-ms', '5000', '--provider', 'cpu'];
  const { result } = await run('link-run', '--models', 'minmax,parts', ...args);
  for (const [i, { id, bits }] of families.slice(1).entries()) {
    const link = result.runs[i];
    expect(link).toMatchObject({ model: id, reportsSent: 24, reportsLost: 0 });
    expect(link.payloadBits).toMatchObject({ codeword: 16, ...bits });
    expect(link.reportsDecoded).toBeGreaterThan(20);
    expect(link.quality.fresh).toBeGreaterThan(0.9);
    expect(link.nmseDb).toBeLessThan(0);
  }
});

it('saturates a server with reports of absolute parts', async () => {
  const args = ['--rounds', '1', '--seconds', '0.5', '--ues', '4', '--batch-size', '4'];
  const { result } = await run('bench', 'server', '--models', 'parts', ...args);
  expect(result.runs[0].rawReportsPerSecond[0]).toBeGreaterThan(0);
  expect(result.runs[0].socketReportsPerSecond[0]).toBeGreaterThan(0);
});

it.each(['minmax', 'parts'])('serves %s to UEs that fetch the model', async (id) => {
  const { process: child, url, adminUrl } = await startServe('--zoo', zoo, '--models', id, '--period-slots', '4');
  server = child;
  const { stdout } = await edgeCsi('ue', '--url', url, '--samples', '10', '--phy');
  const bits = families.find((family) => family.id === id)?.bits as (typeof families)[number]['bits'];
  expect(stdout).toMatch(new RegExp(`^ue: 10 reports, ${16 + bits.scale + bits.phase} bits each: .*decoded`, 'm'));
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/^edge_csi_estimates_decoded_total\{quality="fresh"\} [1-9]/m);
  server.kill('SIGKILL');
  await once(server, 'exit');
});
