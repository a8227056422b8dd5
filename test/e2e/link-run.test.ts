import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeNpy } from '@edge-csi/csi/files';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkRunReport } from '../../scripts/cli/src/link-run/result.ts';
import { edgeCsi } from './edge-csi-command.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('edge-csi link-run', () => {
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
    expect(report.runs.map((run) => run.reduction)).toEqual([4, 8, 12]);
    for (const run of report.runs) {
      expect(run).toMatchObject({ reportsSent: 192, reportsLost: 0, ues: 48 });
      // A machine that stalls for longer than a period may supersede a report; it may not lose one.
      expect(run.reportsDecoded + run.reportsSuperseded + run.reportsLate).toBe(192);
      expect(run.reportsDecoded).toBeGreaterThan(150);
      expect(run.quality.fresh).toBeGreaterThan(0.95);
      const { mean, codeword, phase, scale } = run.payloadBits;
      expect(mean).toBeCloseTo(codeword + phase + scale, 9);
      expect(run.wireBytes.mean).toBeGreaterThan(mean / 8);
      expect(run.wireBytes.mean).toBeLessThan(mean / 8 + 64);
      expect(stdout).toContain(run.model);
    }
    const [large, medium, small] = report.runs;
    // Bounds a decoder without its codeword, its uplink or its phases could not meet.
    expect(large?.nmseDb).toBeLessThan(-21);
    expect(medium?.nmseDb).toBeLessThan(-15);
    expect(small?.nmseDb).toBeLessThan(-12);
    expect(small?.sgcs).toBeGreaterThan(0.9);
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

describe('wrong input', () => {
  it.each([
    [['link-run', '--reduction', '5'], /no pruned model of reduction 5; there are 4, .*8, .*12/],
    [['link-run', '--models', 'nope'], /no model 'nope' in .*; there are .*dualnet-mag-m43/],
    [['link-run', '--ues', 'many'], /--ues is 'many', give an integer from 1 to 4096/],
    [['link-run', '--samples', '2000'], /--samples is 2000, cost2100-indoor-test-1024\.npz has 1024/],
    [['link-run', '--models', ','], /--models is ',', give a list like a,b/],
    [['ue', '--url', 'ws://'], /--url is 'ws:\/\/'/],
    [['ue', '--id', 'bad id!'], /--id is 'bad id!', give 1 to 56 characters/],
    [['link-run', '--bogus'], /unknown option '--bogus'/],
    [
      ['link-run', '--json', '/nonexistent/run.json'],
      /--json is '\/nonexistent\/run\.json', but \/nonexistent is not a folder/,
    ],
    [['link-run', '--svg', 'curve.svg'], /--svg is 'curve\.svg', give a folder/],
    [['link-run', '--report', '/'], /--report is '\/', which is a folder; give a file/],
    [['link-run', '--samples', '8', '--show-samples', '8'], /--show-samples names 8, of 8 samples from 0 to 7/],
    [['report', 'package.json'], /there is nothing to write; give --report, --svg or --markdown/],
    [['report', 'nope.json', '--report', 'x.html'], /nope\.json cannot be read/],
    [
      ['figures', 'accuracy'],
      /give --data-dir, a folder with cost2100-indoor-test\.npz; without it there are link-run/,
    ],
    [['figures', 'nope'], /no page 'nope'; there are link-run, /],
    [['serve', '--models', 'x'], /no model 'x' in/],
    [['ue', '--url', 'localhost'], /--url is 'localhost', give one like ws:\/\/host:port/],
    [['bench', '--suite', 'nope'], /--suite is 'nope'/],
  ])('%j exits with 2 and says what to change', async (args, message) => {
    const { code, stderr } = await edgeCsi(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  it('names a data file that is none', async () => {
    const file = path.join(folder, 'wrong.npz');
    await writeFile(file, 'this is not a zip archive');
    const { code, stderr } = await edgeCsi('link-run', '--data', file);
    expect(stderr).toMatch(/^edge-csi: file-format: .*wrong\.npz: expected \.npz, \.npy or \.mat/);
    expect(code).toBe(1);
  });

  it.each([
    ['link-run', '--reduction', '12'],
    ['bench', '--suite', 'accuracy', '--models', 'dualnet-mag-m43'],
  ])('names the sample whose CSI is of no use: %s', async (...command) => {
    const file = path.join(folder, 'nan.npy');
    const data = new Float32Array(4 * 2048).fill(0.1);
    data[2 * 2048 + 5] = Number.NaN;
    await writeNpy(file, { dtype: 'float32', shape: [4, 2048], data });
    const { code, stderr } = await edgeCsi(...command, '--data', file, '--uplink', file);
    expect(stderr).toMatch(/^edge-csi: csi-invalid: nan\.npy: downlink of sample 2: .*NaN/);
    expect(code).toBe(1);
  });

  it('names a folder of models that is none', async () => {
    const { code, stderr } = await edgeCsi('models', 'list', '--zoo', '/nonexistent');
    expect(stderr).toMatch(/^edge-csi: model-unknown: \/nonexistent is no folder of models/);
    expect(code).toBe(1);
  });

  it('says which server did not answer, and writes so', async () => {
    const json = path.join(folder, 'ue.json');
    const { code, stderr } = await edgeCsi('ue', '--url', 'ws://127.0.0.1:9', '--samples', '1', '--json', json);
    expect(stderr).toMatch(/^edge-csi: connection-lost: .*127\.0\.0\.1:9/);
    expect(code).toBe(1);
    const { ues } = JSON.parse(await readFile(json, 'utf8'));
    expect(ues).toEqual([{ ueId: 'ue', problem: expect.stringContaining('127.0.0.1:9') }]);
  });
});
