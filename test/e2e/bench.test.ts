import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeCsi } from './edge-csi-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function bench(...args: string[]) {
  const json = path.join(folder, 'bench.json');
  const { code, stderr } = await edgeCsi('bench', '--models', 'dualnet-mag-m43', ...args, '--json', json);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return JSON.parse(await readFile(json, 'utf8'));
}

it('measures accuracy that quantisation lowers and the refiner raises', async () => {
  const { schema, suite, runs } = await bench('--suite', 'accuracy', '--samples', '128');
  expect({ schema, suite }).toEqual({ schema: 'edge-csi/bench@1', suite: 'accuracy' });
  const [run] = runs;
  expect(run).toMatchObject({
    model: 'dualnet-mag-m43',
    reduction: 12,
    codewordLength: 43,
    pruned: true,
    samples: 128,
  });
  expect(run.floatMagnitudeNmseDb).toBeLessThan(-17);
  expect(run.nmseDb).toBeGreaterThan(run.floatMagnitudeNmseDb);
  expect(run.nmseDb).toBeLessThan(run.unrefinedNmseDb - 0.5);
  const { mean, codeword, phase, scale } = run.payloadBits;
  expect(mean).toBeCloseTo(codeword + phase + scale, 6);
  expect(scale).toBeCloseTo(8, 6);
  expect(run.rho).toBeGreaterThan(run.sgcs);
});

it('trades bits for accuracy over both run-time knobs', async () => {
  const { curve } = await bench('--suite', 'rate-distortion', '--samples', '64');
  const best = (bits: number) =>
    Math.min(...curve.filter((point: { bits: number }) => point.bits <= bits).map((p: { nmseDb: number }) => p.nmseDb));
  expect(best(350)).toBeLessThan(-10.5);
  expect(best(700)).toBeLessThan(best(350) - 2);
  expect(best(2000)).toBeLessThan(best(700) - 0.5);
  expect(new Set(curve.map((point: { codewordTruncation: number }) => point.codewordTruncation)).size).toBeGreaterThan(
    1,
  );
});

it('carries reports through a saturated server', async () => {
  const { runs } = await bench('--suite', 'server', '--rounds', '1', '--seconds', '0.5', '--ues', '16');
  const [run] = runs;
  expect(run).toMatchObject({ model: 'dualnet-mag-m43', ues: 16, batchSize: 16 });
  expect(run.rawReportsPerSecond[0]).toBeGreaterThan(0);
  expect(run.socketReportsPerSecond[0]).toBeGreaterThan(0);
  expect(run.fraction).toBeCloseTo(run.socketReportsPerSecond[0] / run.rawReportsPerSecond[0], 9);
});

it('holds a model to the figures in its manifest', async () => {
  const data = new URL('../../scripts/data/cost2100-indoor-test-1024.npz', import.meta.url).pathname;
  const honest = await edgeCsi('models', 'verify', 'dualnet-mag-m43', '--data', data);
  expect(honest.stdout).toMatch(/dualnet-mag-m43 ok, .*\n {2}NMSE -1\d\.\d\d dB at \d+ bits, as recorded\n/);

  const zoo = path.join(folder, 'zoo');
  await cp(path.join(zooDirectory, 'dualnet-mag-m43'), path.join(zoo, 'dualnet-mag-m43'), { recursive: true });
  const file = path.join(zoo, 'dualnet-mag-m43', 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  const measured = manifest.measured.map((entry: { nmseDb: number }) => ({ ...entry, nmseDb: entry.nmseDb - 0.2 }));
  await writeFile(file, JSON.stringify({ ...manifest, measured }));
  const boastful = await edgeCsi('models', 'verify', '--zoo', zoo, '--data', data);
  expect(boastful.stderr).toMatch(/^edge-csi: model-invalid: dualnet-mag-m43: nmseDb is .*, the manifest says /);
  expect(boastful.code).toBe(1);
});
