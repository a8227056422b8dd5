import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkRunReport } from '../../../scripts/cli/src/link-run/result.ts';
import { edgeCsi } from '../edge-csi-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('edge-csi link-run', { timeout: 180_000 }, () => {
  it('accounts for every report and decodes as accurately as the models promise', async () => {
    const json = path.join(folder, 'run.json');
    const args = [
      '--samples',
      '192',
      '--ues',
      '48',
      '--period-ms',
      '320',
      '--deadline-ms',
      '5000',
      '--provider',
      'cpu',
    ];
    const { code, stdout, stderr } = await edgeCsi('link-run', ...args, '--json', json);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const report = JSON.parse(await readFile(json, 'utf8')) as LinkRunReport;
    expect(report).toMatchObject({ schema: 'edge-csi/link-run@1', samples: 192, environment: { provider: 'cpu' } });
    expect(Object.values(report.environment.versions)).not.toContain('unknown');
    expect(report.runs.map((run) => run.reduction)).toEqual([4, 8, 12, null, null, null]);
    expect(report.runs.map((run) => run.budgetBits)).toEqual([undefined, undefined, undefined, 100, 200, 400]);
    for (const run of report.runs) {
      expect(run).toMatchObject({ reportsSent: 192, reportsLost: 0, ues: 48 });
      // A machine that stalls for longer than a period may supersede a report; it may not lose one.
      expect(run.reportsDecoded + run.reportsSuperseded + run.reportsLate).toBe(192);
      expect(run.reportsDecoded).toBeGreaterThan(150);
      expect(run.quality.fresh).toBeGreaterThan(0.95);
      const { mean, codeword = 0, phase = 0, scale = 0, paths = 0 } = run.payloadBits;
      expect(mean).toBeCloseTo(codeword + phase + scale + paths, 9);
      expect(run.wireBytes.mean).toBeGreaterThan(mean / 8);
      expect(run.wireBytes.mean).toBeLessThan(mean / 8 + 64);
      expect(stdout).toContain(run.model);
    }
    const [large, medium, small, ...paths] = report.runs;
    // Bounds a decoder without its codeword, its uplink or its phases could not meet.
    expect(large?.nmseDb).toBeLessThan(-21);
    expect(medium?.nmseDb).toBeLessThan(-15);
    expect(small?.nmseDb).toBeLessThan(-12);
    expect(small?.sgcs).toBeGreaterThan(0.9);
    for (const [i, nmseDb] of [-12, -20, -29].entries()) {
      const run = paths[i];
      expect(run).toMatchObject({ model: 'paths-indoor', family: 'paths', codewordLength: null, pruned: false });
      expect(run?.nmseDb).toBeLessThan(nmseDb);
      expect(run?.payloadBits.mean).toBeLessThanOrEqual(run?.budgetBits ?? 0);
    }
  });

  it('loses some accuracy, and not much of it, when the uplink is noisy', async () => {
    const nmseDb = async (...noise: string[]) => {
      const json = path.join(folder, 'noise.json');
      const args = ['--reduction', '12', '--samples', '96', '--ues', '48', '--period-ms', '320', '--provider', 'cpu'];
      const { code } = await edgeCsi('link-run', ...args, ...noise, '--deadline-ms', '5000', '--json', json);
      expect(code).toBe(0);
      const [run] = (JSON.parse(await readFile(json, 'utf8')) as LinkRunReport).runs;
      expect(run?.reportsDecoded).toBeGreaterThan(75);
      return run?.nmseDb ?? Number.NaN;
    };
    const noisy = await nmseDb('--uplink-snr-db', '0');
    expect(noisy).toBeGreaterThan((await nmseDb()) + 0.5);
    // As it comes, an uplink that is half noise is worse than none.
    expect(noisy).toBeLessThan(-12);
  });
});
