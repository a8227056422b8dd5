import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeCsi, program } from './edge-csi-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function bench(...args: string[]) {
  const json = path.join(folder, 'bench.json');
  const { code, stderr, stdout } = await edgeCsi('bench', ...args, '--json', json);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return { stdout, result: JSON.parse(await readFile(json, 'utf8')) };
}

it('measures accuracy on simulated channels, by distance, with intervals over their environments', async () => {
  const args = ['--suite', 'accuracy', '--models', 'dualnet-mag-m16', '--scenario', 'cost2100-indoor'];
  const { stdout, result } = await bench(...args, '--samples', '100', '--by', 'distance');
  const [run] = result.runs;
  expect(result).toMatchObject({ scenario: 'cost2100-indoor', data: 'cost2100-indoor' });
  expect(run).toMatchObject({ samples: 100, clusters: 5, breakdown: { by: 'distance' } });
  expect(run.intervals.nmseDb[0]).toBeLessThan(run.nmseDb);
  expect(run.breakdown.bins).toHaveLength(5);
  expect(stdout).toContain('95 % bootstrap intervals over 5 environments');
});

it('shows what stale CSI costs, beside what compression costs', async () => {
  const [page, svg] = [path.join(folder, 'ageing.md'), path.join(folder, 'ageing.svg')];
  const args = ['--suite', 'ageing', '--scenario', 'cost2100-indoor', '--models', 'dualnet-mag-m43', '--samples', '24'];
  const speeds = ['--speeds-kmh', '1,10', '--periods-ms', '5,20', '--delay-ms', '2'];
  const { result } = await bench(...args, ...speeds, '--markdown', page, '--svg', svg);
  const runs: {
    csi: string;
    speedKmh: number;
    byAge: { ageMs: number; nmseDb: number }[];
    byPeriod: { nmseDb: number }[];
  }[] = result.runs;
  expect(runs.map(({ csi, speedKmh }) => [csi, speedKmh])).toEqual([
    ['perfect CSI', 1],
    ['dualnet-mag-m43', 1],
    ['perfect CSI', 10],
    ['dualnet-mag-m43', 10],
  ]);
  const [perfectSlow, modelSlow, perfectFast, modelFast] = runs;
  // Fresh, an estimate is as good as ever; what is held gets worse with speed and period, and bits cannot save it.
  expect(modelSlow?.byAge[0]).toMatchObject({ ageMs: 0, nmseDb: modelFast?.byAge[0]?.nmseDb });
  expect(modelSlow?.byAge[0]?.nmseDb).toBeLessThan(-15);
  const held = (run: (typeof runs)[number] | undefined, period: number) => run?.byPeriod[period]?.nmseDb as number;
  expect(held(perfectSlow, 0)).toBeLessThan(held(modelSlow, 0) - 1);
  expect(held(modelSlow, 0)).toBeLessThan(held(modelSlow, 1) - 3);
  expect(Math.abs(held(perfectFast, 1) - held(modelFast, 1))).toBeLessThan(0.5);
  expect(await readFile(page, 'utf8')).toContain('## cost2100-indoor, 5.3 GHz');
  expect(await readFile(svg, 'utf8')).toMatch(/^<svg .*perfect CSI/s);
});

it('refuses a breakdown that the suite or the data do not have', async () => {
  const misplaced = await edgeCsi('bench', '--suite', 'latency', '--by', 'snr');
  expect(misplaced.code).toBe(2);
  expect(misplaced.stderr).toMatch(/^edge-csi: --by belongs to --suite accuracy, not to latency/);
});

/** Says on stdout when the program begins to listen for SIGINT: before, the signal would just end it. */
const announceSigint = `process.on('newListener', (name) => name === 'SIGINT' && process.stdout.write('armed\\n'))`;

it('leaves a valid, partial result and exit code 130 where it is interrupted', async () => {
  const json = path.join(folder, 'cut.json');
  const args = [
    'bench',
    '--suite',
    'accuracy',
    '--scenario',
    'cost2100-indoor',
    '--samples',
    '1000000',
    '--json',
    json,
  ];
  const preload = `data:text/javascript,${encodeURIComponent(announceSigint)}`;
  const child = spawn(process.execPath, ['--import', preload, program, ...args]);
  let stderr = '';
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  await once(child.stdout, 'data');
  child.stdout.resume();
  child.kill('SIGINT');
  const [code] = await once(child, 'close');
  expect(stderr).toMatch(/^edge-csi: interrupted; what was measured until then is above, and in .*cut\.json\n$/);
  expect(code).toBe(130);
  expect(JSON.parse(await readFile(json, 'utf8'))).toMatchObject({ suite: 'accuracy', partial: true });
});
