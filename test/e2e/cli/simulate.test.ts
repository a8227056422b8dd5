import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { openCsiSource, readNpz } from '@edge-csi/csi/files';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { edgeCsi, program } from '../edge-csi-command.ts';

const link = {
  numAntennas: 32,
  numDelays: 32,
  numSubcarriers: 1024,
  bandwidthHz: 20e6,
  downlinkCarrierHz: 5.3e9,
  uplinkCarrierHz: 5.1e9,
  timing: 'absolute',
} as const;

const outdoorFigures = fileURLToPath(new URL('../../fixtures/simulator/cost2100-outdoor.json', import.meta.url));

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function simulate(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await edgeCsi('simulate', ...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return stdout;
}

it('writes a path list that a model is measured on, the same for the same seed', async () => {
  const [a, b, json] = ['a.npz', 'b.npz', 'run.json'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const args = ['--scenario', 'cost2100-indoor', '--samples', '50', '--ues', '5'];
  expect(await simulate(...args, '--out', a, '--json', json)).toMatch(
    /^50 samples of cost2100-indoor, [\d.]+ paths each/,
  );
  await simulate(...args, '--out', b);
  expect(await readFile(a)).toEqual(await readFile(b));
  const { schema, samples, seed, numUes, files } = JSON.parse(await readFile(json, 'utf8'));
  expect({ schema, samples, seed, numUes, files }).toEqual({
    schema: 'edge-csi/simulate@1',
    samples: 50,
    seed: 7,
    numUes: 5,
    files: ['a.npz'],
  });
  const source = await openCsiSource(a, link);
  expect(source.numSamples).toBe(50);
  expect(source.uplink(49)?.values).toHaveLength(2048);
  const columns = await readNpz(a);
  const firstOf = (name: string) => Array.from(columns.get(name)?.data as Int32Array).slice(0, 6);
  expect(firstOf('ue')).toEqual([0, 1, 2, 3, 4, 0]);
  expect(firstOf('slot')).toEqual([0, 16, 32, 48, 64, 80]);
  const measured = await edgeCsi('bench', 'accuracy', '--models', 'dualnet-mag-m43', '--data', a);
  expect(measured.stderr).toBe('');
  expect(measured.stdout).toContain('50 samples of a.npz');
});

it('writes matrices with noise in either band, and where each sample was taken', async () => {
  const [clean, noisy] = [path.join(folder, 'clean.npz'), path.join(folder, 'noisy.npz')];
  const args = ['--scenario', 'umi', '--samples', '6', '--ues', '2', '--antennas', '8', '--delays', '16', '--csi'];
  await simulate(...args, '--out', clean);
  await simulate(...args, '--out', noisy, '--snr-db', '30', '--uplink-snr-db', '10');
  const [truth, measured] = [await readNpz(clean), await readNpz(noisy)];
  for (const [band, snrDb] of [
    ['downlink', 30],
    ['uplink', 10],
  ] as const) {
    const [h, y] = [truth.get(band), measured.get(band)];
    expect(h?.shape).toEqual([6, 256]);
    let [signal, noise] = [0, 0];
    for (let i = 0; i < 256; i++) {
      signal += Number(h?.data[i]) ** 2;
      noise += (Number(y?.data[i]) - Number(h?.data[i])) ** 2;
    }
    expect(Math.abs(10 * Math.log10(signal / noise) - snrDb)).toBeLessThan(1.5);
  }
  expect(truth.get('ue_position_m')?.shape).toEqual([6, 3]);
  expect(truth.get('time_ms')?.data[2]).toBe(80);
});

it('writes a .npy file a band', async () => {
  const [down, up] = [path.join(folder, 'down.npy'), path.join(folder, 'up.npy')];
  await simulate('--scenario', 'cdl-b', '--samples', '4', '--out', down, '--uplink-out', up);
  const source = await openCsiSource(down, { ...link, uplinkPath: up });
  expect(source.numSamples).toBe(4);
  expect(source.uplink(3)?.values).not.toEqual(source.downlink(3).values);
  expect((await readdir(folder)).sort()).toEqual(['down.npy', 'up.npy']);
});

it('leaves a valid file with the samples so far when it is interrupted', async () => {
  const out = path.join(folder, 'cut.npz');
  const changes = watch(folder);
  const started = once(changes, 'change');
  const args = ['simulate', '--scenario', 'cost2100-indoor', '--samples', '1000000000', '--out', out];
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await started;
  changes.close();
  child.kill('SIGINT');
  const [code] = await once(child, 'exit');
  expect(code).toBe(130);
  expect(stderr).toMatch(/stopped after \d+ of 1000000000 samples; the files hold those/);
  const { numSamples, downlink } = await openCsiSource(out, link);
  expect(numSamples).toBe(Number(/after (\d+)/.exec(stderr)?.[1]));
  expect(downlink(numSamples - 1).values).toHaveLength(2048);
  expect(await readdir(folder)).toEqual(['cut.npz']);
});

it('simulates outdoor channels that models decode as accurately as those of the data', async () => {
  const [out, json] = [path.join(folder, 'outdoor.npz'), path.join(folder, 'outdoor.json')];
  const ids = ['dualnet-mag-outdoor-m43', 'dualnet-mag-outdoor-m128'];
  const still = ['--environments', '12', '--ues', '40', '--samples', '480', '--speed-kmh', '0'];
  await simulate('--scenario', 'cost2100-outdoor', ...still, '--out', out);
  const { stderr } = await edgeCsi('bench', 'accuracy', '--models', ids.join(), '--data', out, '--json', json);
  expect(stderr).toBe('');
  const { nmseDb } = JSON.parse(await readFile(outdoorFigures, 'utf8'));
  const { runs } = JSON.parse(await readFile(json, 'utf8'));
  expect(runs.map(({ model }: { model: string }) => model)).toEqual(ids);
  for (const run of runs) expect(Math.abs(run.nmseDb - nmseDb[run.model])).toBeLessThan(0.6);
});

it('simulates channels that models decode as accurately as those of the data', async () => {
  const json = path.join(folder, 'simulator.json');
  const models = 'dualnet-mag-m43,dualnet-mag-m384';
  const args = ['simulator', '--models', models, '--samples', '512', '--seconds', '0.9', '--json', json];
  const { code, stderr } = await edgeCsi('bench', ...args);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  const result = JSON.parse(await readFile(json, 'utf8'));
  // Each side is of some 26 environments: two halves of the data differ as much.
  for (const { nmseDb, floatMagnitudeNmseDb } of result.models) {
    expect(Math.abs(nmseDb.simulated - nmseDb.data)).toBeLessThan(0.6);
    expect(Math.abs(floatMagnitudeNmseDb.simulated - floatMagnitudeNmseDb.data)).toBeLessThan(1.2);
  }
  expect(result.models).toHaveLength(2);
  expect(result.rates).toHaveLength(9);
  for (const { pairsPerCpuSecond } of result.rates) expect(pairsPerCpuSecond).toBeGreaterThan(0);
});
