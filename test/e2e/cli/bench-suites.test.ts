import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BenchCommand } from './bench-command.ts';

let command: BenchCommand;
let folder: string;

beforeAll(async () => {
  command = await BenchCommand.open();
  folder = command.folder;
});
afterAll(() => command[Symbol.asyncDispose]());

const bench = (...args: string[]) => command.run(...args);

it('measures accuracy on simulated channels, by distance, with intervals over their environments', async () => {
  const args = ['accuracy', '--models', 'dualnet-mag-m16', '--scenario', 'cost2100-indoor'];
  const { stdout, result } = await bench(...args, '--samples', '100', '--by', 'distance');
  const [run] = result.runs;
  expect(result).toMatchObject({ scenario: 'cost2100-indoor', data: 'cost2100-indoor' });
  expect(run).toMatchObject({ samples: 100, clusters: 5, breakdown: { by: 'distance' } });
  expect(run.intervals.nmseDb[0]).toBeLessThan(run.nmseDb);
  expect(run.breakdown.bins).toHaveLength(5);
  expect(stdout).toContain('95 % bootstrap intervals over 5 environments');
}, 300_000);

it('shows what stale CSI costs, beside what compression costs', async () => {
  const page = path.join(folder, 'ageing.md');
  const models = 'dualnet-mag-m43,paths-indoor';
  const args = ['ageing', '--scenario', 'cost2100-indoor', '--models', models, '--samples', '24'];
  const speeds = ['--speeds-kmh', '1,10', '--periods-ms', '5,20', '--delay-ms', '2'];
  const { result } = await bench(...args, ...speeds, '--markdown', page, '--svg', folder);
  const runs: {
    csi: string;
    speedKmh: number;
    byAge: { ageMs: number; nmseDb: number }[];
    byPeriod: { nmseDb: number }[];
  }[] = result.runs;
  expect(runs.map(({ csi, speedKmh }) => [csi, speedKmh])).toEqual([
    ['perfect CSI', 1],
    ['dualnet-mag-m43', 1],
    ['paths-indoor', 1],
    ['perfect CSI', 10],
    ['dualnet-mag-m43', 10],
    ['paths-indoor', 10],
  ]);
  const [perfectSlow, modelSlow, pathsSlow, perfectFast, modelFast] = runs;
  // Fresh, an estimate is as good as ever; what is held gets worse with speed and period, and bits cannot save it.
  expect(modelSlow?.byAge[0]).toMatchObject({ ageMs: 0, nmseDb: modelFast?.byAge[0]?.nmseDb });
  expect(modelSlow?.byAge[0]?.nmseDb).toBeLessThan(-15);
  expect(pathsSlow?.byAge[0]?.nmseDb).toBeLessThan(-20);
  expect(result.curve).toHaveLength(12);
  expect(result.curve[0]).toMatchObject({ scheme: 'true-held', speedKmh: 1, periodMs: 5, ageMs: [2, 7], bits: 0 });
  expect(result.curve[4]).toMatchObject({
    scheme: 'paths-held',
    ageMs: [2, 7],
    nmseDb: pathsSlow?.byPeriod[0]?.nmseDb,
  });
  const held = (run: (typeof runs)[number] | undefined, period: number) => run?.byPeriod[period]?.nmseDb as number;
  expect(held(perfectSlow, 0)).toBeLessThan(held(modelSlow, 0) - 1);
  expect(held(modelSlow, 0)).toBeLessThan(held(modelSlow, 1) - 3);
  expect(Math.abs(held(perfectFast, 1) - held(modelFast, 1))).toBeLessThan(0.5);
  expect(await readFile(page, 'utf8')).toContain('## cost2100-indoor, 5.3 GHz: NMSE');
  const svg = path.join(folder, 'ageing-cost2100-indoor.svg');
  expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*perfect CSI/s);
}, 300_000);

it('shows what known paths are worth to moving UEs, on tracks of a file', async () => {
  const page = path.join(folder, 'moving.md');
  const tracks = fileURLToPath(new URL('../../fixtures/csi/munich-tracks.npz', import.meta.url));
  const args = ['moving', '--data', tracks, '--slot-ms', '5', '--reports', '5', '--periods-ms', '5,20,100'];
  const { stdout, result } = await bench(...args, '--bit-prices-db=-20,-26,-32', '--markdown', page, '--svg', folder);
  expect(result).toMatchObject({ suite: 'moving', data: 'munich-tracks.npz', uplinkSnrDb: 20 });
  const known = result.curve.filter(({ scheme }: { scheme: string }) => scheme === 'paths-known');
  // Two periods, three shares of reports lost, three prices: no UE has two reports 100 ms apart.
  expect(known).toHaveLength(18);
  expect(known[0]).toMatchObject({ place: 'munich-tracks.npz', periodMs: 5, lossPercent: 0, reports: 20, refused: 0 });
  expect(known[0].hintBits).toBeGreaterThan(0);
  expect(stdout).toMatch(/^Hints and reports together gain/);
  expect(await readFile(page, 'utf8')).toContain('## munich-tracks.npz: NMSE at 60 bits');
  const svg = path.join(folder, 'moving-munich-tracks-npz.svg');
  expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*with hints/s);
}, 300_000);

it('shows what estimates are worth in throughput at equal bits, path reports and eType II among them', async () => {
  const page = path.join(folder, 'throughput.md');
  const args = ['throughput-gain', '--scenario', 'cost2100-indoor', '--models', 'dualnet-mag-m43'];
  const { result } = await bench(...args, '--samples', '24', '--markdown', page, '--svg', folder);
  const { runs } = result;
  type Run = (typeof runs)[number];
  const named = (name: string): Run => runs.find(({ scheme }: Run) => scheme === name);
  const names = runs.map(({ scheme }: Run) => scheme);
  expect(names[0]).toBe('perfect CSI');
  expect(names.slice(-2)).toEqual(['wideband beam', 'uplink beam, no feedback']);
  const [paths, etype2] = [named('paths, 110 bits'), named('etype2, 110 bits')];
  expect(paths.rival).toBe(etype2.scheme);
  expect(Math.abs(etype2.payloadBits / paths.payloadBits - 1)).toBeLessThan(0.1);
  expect(etype2.nmseDb).toBeUndefined();
  const [perfect, model, matched] = [runs[0], named('dualnet-mag-m43'), named('paths, bits of dualnet-mag-m43')];
  expect(model.rival).toBe(matched.scheme);
  expect(matched.nmseDb).toBeLessThan(model.nmseDb - 3);
  const [reported, guessed] = runs.slice(-2);
  expect([reported.payloadBits, guessed.payloadBits]).toEqual([5, 0]);
  for (const [i, { users, snrDb, spectralEfficiency: best }] of perfect.throughput.entries()) {
    const of = ({ throughput }: Run) => throughput[i].spectralEfficiency;
    expect(model.throughput[i]).toMatchObject({ users, snrDb });
    expect(of(model)).toBeLessThan(best);
    expect(of(model)).toBeGreaterThan(of(reported));
    // Served together by plain beams, UEs drown each other, and which beams are worse is by chance.
    if (users === 1) expect(of(reported)).toBeGreaterThan(of(guessed));
    expect(of(paths)).toBeGreaterThan(of(etype2));
    expect(paths.throughput[i].gain).toBeCloseTo(of(paths) - of(etype2), 9);
    const [low, high] = paths.throughput[i].gainInterval;
    expect(low).toBeLessThan(high);
  }
  expect(await readFile(page, 'utf8')).toContain('## 8 UEs at once, zero forcing');
  const svg = path.join(folder, 'throughput-gain-8.svg');
  expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*path reports.*eType II/s);
}, 300_000);
