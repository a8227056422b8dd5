import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeCsi } from '../edge-csi-command.ts';
import { BenchCommand } from './bench-command.ts';

let command: BenchCommand;
let folder: string;

beforeAll(async () => {
  command = await BenchCommand.open();
  folder = command.folder;
});
afterAll(() => command[Symbol.asyncDispose]());

const bench = async (...args: string[]) => (await command.run(...args, '--models', 'dualnet-mag-m43')).result;

it('measures accuracy that quantisation lowers and the refiner raises', async () => {
  const { schema, suite, runs } = await bench('accuracy', '--samples', '128');
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

it('studies the Dense layer: few bits per weight cost little, a quarter of the rank much', async () => {
  const [page, svg] = [path.join(folder, 'dense.md'), path.join(folder, 'figures')];
  const { studies } = await bench('dense', '--samples', '64', '--markdown', page, '--svg', svg);
  const [{ codewordLength, variants, floatMagnitudeNmseDb }] = studies;
  const lossOf = (wanted: { readonly bitsPerWeight?: number; readonly rank?: number }) => {
    const found = variants.find((v: typeof wanted) =>
      Object.entries(wanted).every(([k, x]) => v[k as keyof typeof v] === x),
    );
    return found.magnitudeNmseDb - variants[0].magnitudeNmseDb;
  };
  expect(codewordLength).toBe(43);
  expect(floatMagnitudeNmseDb).toBeLessThan(variants[0].magnitudeNmseDb);
  expect(Math.abs(lossOf({ bitsPerWeight: 8 }))).toBeLessThan(0.05);
  expect(lossOf({ bitsPerWeight: 2 })).toBeGreaterThan(0.1);
  expect(lossOf({ rank: 11 })).toBeGreaterThan(3);
  const markdown = await readFile(page, 'utf8');
  expect(markdown).toContain('## Bits per weight');
  expect(markdown).toContain('](figures/dense-study.svg)');
  expect(await readFile(path.join(svg, 'dense-study.svg'), 'utf8')).toMatch(/^<svg .*Codeword length M/s);
});

it('compares what decoders cost in one run', async () => {
  const { runs } = await bench('decoder', '--rounds', '2', '--seconds', '0.2');
  expect(runs).toHaveLength(1);
  expect(runs[0]).toMatchObject({ model: 'dualnet-mag-m43', batchSize: 16, ratio: 1 });
  for (const rate of runs[0].reportsPerSecond) expect(rate).toBeGreaterThan(10);
});

it('trades bits for accuracy over both run-time knobs', async () => {
  const page = path.join(folder, 'curve.html');
  const result = await bench('rate-distortion', '--samples', '16', '--report', page);
  const schemes = new Set(result.curve.map(({ scheme }: { scheme: string }) => scheme));
  expect(schemes).toContain('paths');
  expect(schemes).toContain('paths-cap');
  const curve = result.curve.filter(({ family }: { family: string }) => family === 'network');
  expect(await readFile(page, 'utf8')).toMatch(/^<!doctype html>.*<figure id="rate-distortion">.*dualnet-mag-m43/s);
  const best = (bits: number) =>
    Math.min(...curve.filter((point: { bits: number }) => point.bits <= bits).map((p: { nmseDb: number }) => p.nmseDb));
  expect(best(350)).toBeLessThan(-10.5);
  expect(best(700)).toBeLessThan(best(350) - 2);
  expect(best(2000)).toBeLessThan(best(700) - 0.5);
  expect(new Set(curve.map((point: { codewordTruncation: number }) => point.codewordTruncation)).size).toBeGreaterThan(
    1,
  );
}, 180_000);

/** What the default models have to reach. */
const promises = [
  { id: 'dualnet-mag-m43', floatMagnitudeNmseDb: -22, nmseDb: -17.6, payloadBits: 700 },
  { id: 'dualnet-mag-m128', floatMagnitudeNmseDb: -29, nmseDb: -21.2, payloadBits: 1150 },
  { id: 'dualnet-mag-m384', floatMagnitudeNmseDb: -55, nmseDb: -27.6, payloadBits: 3000 },
];

it('holds models to the figures in its manifest', async () => {
  const data = fileURLToPath(new URL('../../../scripts/lab/data/cost2100-indoor-test-1024.npz', import.meta.url));
  // The figures are measured again, so that what is promised below is what the code does.
  const honest = await edgeCsi('models', 'verify', ...promises.map(({ id }) => id), '--data', data);
  expect(honest.stderr).toBe('');
  for (const { id, floatMagnitudeNmseDb, nmseDb, payloadBits } of promises) {
    expect(honest.stdout).toMatch(new RegExp(`^${id} ok, pairing hash [0-9a-f]{64}\\n {2}NMSE .* as recorded$`, 'm'));
    const { measured } = JSON.parse(await readFile(path.join(zooDirectory(), id, 'manifest.json'), 'utf8'));
    const recorded = measured.find((entry: { data: string }) => entry.data === path.basename(data));
    expect(recorded.floatMagnitudeNmseDb).toBeLessThan(floatMagnitudeNmseDb);
    expect(recorded.nmseDb).toBeLessThan(nmseDb);
    expect(recorded.payloadBits).toBeLessThan(payloadBits);
  }

  const zoo = path.join(folder, 'zoo');
  await cp(path.join(zooDirectory(), 'dualnet-mag-m43'), path.join(zoo, 'dualnet-mag-m43'), { recursive: true });
  const file = path.join(zoo, 'dualnet-mag-m43', 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  const measured = manifest.measured.map((entry: { nmseDb: number }) => ({ ...entry, nmseDb: entry.nmseDb - 0.2 }));
  await writeFile(file, JSON.stringify({ ...manifest, measured }));
  const boastful = await edgeCsi('models', 'verify', '--zoo', zoo, '--data', data);
  expect(boastful.stderr).toMatch(/^edge-csi: model-invalid: dualnet-mag-m43: nmseDb is .*, the manifest says /);
  expect(boastful.code).toBe(1);
}, 300_000);
