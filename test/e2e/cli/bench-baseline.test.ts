import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { edgeCsi, program } from '../edge-csi-command.ts';
import { BenchCommand } from './bench-command.ts';

let command: BenchCommand;
let folder: string;

beforeAll(async () => {
  command = await BenchCommand.open();
  folder = command.folder;
});
afterAll(() => command[Symbol.asyncDispose]());

const bench = (...args: string[]) => command.run(...args);

it('holds a run to a saved one, and fails by name where a figure is worse', async () => {
  const args = ['accuracy', '--models', 'dualnet-mag-m16', '--samples', '64'];
  const { result } = await bench(...args);
  const saved = path.join(folder, 'saved.json');
  await writeFile(saved, JSON.stringify(result));
  const { stdout, result: again } = await bench(...args, '--baseline', saved);
  expect(stdout).toContain('6 of 6 metrics as they were');
  expect(again.comparison).toMatchObject({ baseline: 'saved.json', missing: [] });

  const metrics = result.metrics.map((metric: { name: string; value: number }) => {
    return metric.name.endsWith('bits') ? { ...metric, value: 0.9 * metric.value } : metric;
  });
  await writeFile(saved, JSON.stringify({ ...result, metrics: [...metrics, { ...metrics[0], name: 'gone' }] }));
  const worse = await edgeCsi('bench', ...args, '--baseline', saved);
  expect(worse.code).toBe(1);
  expect(worse.stderr).toBe('edge-csi: worse than in saved.json: dualnet-mag-m16 bits\n');
  expect(worse.stdout).toMatch(/dualnet-mag-m16 bits .* worse/);
  expect(worse.stdout).toContain('Not measured this time: gone.');
});

/** Says on stdout when the program begins to listen for SIGINT: before, the signal would just end it. */
const announceSigint = `process.on('newListener', (name) => name === 'SIGINT' && process.stdout.write('armed\\n'))`;

it('leaves a valid, partial result and exit code 130 where it is interrupted', async () => {
  const json = path.join(folder, 'cut.json');
  const args = ['bench', 'accuracy', '--scenario', 'cost2100-indoor', '--samples', '1000000', '--json', json];
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
