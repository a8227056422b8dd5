import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
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

it('draws a curve on which more bits never cost accuracy', async () => {
  const { curve } = await bench('--suite', 'rate-distortion', '--samples', '32');
  expect(curve.length).toBeGreaterThan(5);
  for (let i = 1; i < curve.length; i++) {
    expect(curve[i].bits).toBeGreaterThan(curve[i - 1].bits);
    expect(curve[i].nmseDb).toBeLessThan(curve[i - 1].nmseDb);
  }
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
