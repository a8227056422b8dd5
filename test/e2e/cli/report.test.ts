import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { LinkRunReport } from '../../../scripts/cli/src/link-run/result.ts';
import { edgeCsi } from '../edge-csi-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

it('shows a link run, and shows it again from what was saved', async () => {
  const [json, page, figures] = [
    path.join(folder, 'run.json'),
    path.join(folder, 'run.html'),
    path.join(folder, 'svg'),
  ];
  // So slow that a busy machine keeps up, too.
  const args = ['--samples', '32', '--ues', '16', '--period-ms', '320', '--deadline-ms', '5000', '--provider', 'cpu'];
  const run = await edgeCsi(
    'link-run',
    ...args,
    '--models',
    'dualnet-mag-m43,dualnet-mag-m16',
    '--json',
    json,
    '--report',
    page,
  );
  expect(run.code).toBe(0);
  const { runs, examples = [], startedAt } = JSON.parse(await readFile(json, 'utf8')) as LinkRunReport;
  expect(startedAt).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/);
  for (const { latencyMs, latencyDistribution } of runs) {
    const { shares = [], ms = [] } = latencyDistribution?.endToEnd ?? {};
    expect(ms[shares.indexOf(0.5)]).toBe(latencyMs.endToEnd.p50);
    expect(ms).toEqual([...ms].sort((a, b) => a - b));
  }
  expect(examples).toHaveLength(2);
  for (const { estimates, downlink, uplink = '' } of examples) {
    for (const matrix of [downlink, uplink, ...estimates.flatMap(({ estimate, error }) => [estimate, error])]) {
      expect(Buffer.from(matrix, 'base64')).toHaveLength(32 * 32);
    }
    expect(estimates[0]?.model).toBe('dualnet-mag-m43');
    expect(estimates[0]?.nmseDb).toBeLessThan(-5);
  }

  const again = path.join(folder, 'again.html');
  expect(await edgeCsi('report', json, '--report', again, '--svg', figures)).toMatchObject({ code: 0, stderr: '' });
  const html = await readFile(page, 'utf8');
  expect(await readFile(again, 'utf8')).toBe(html);
  expect(html.length).toBeLessThan(1e6);
  const names = ['link-example-1', 'link-example-2', 'link-latency', 'link-nmse'];
  expect(await readdir(figures)).toEqual(expect.arrayContaining(names.map((name) => `${name}.svg`)));
  for (const name of names) expect(html).toContain(`<figure id="${name}">`);
}, 300_000);
