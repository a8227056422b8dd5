import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readManifest, zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sampleData } from '../../../scripts/lab/src/data.ts';
import { edgeCsi } from '../edge-csi-command.ts';

let folder: string;
const out = (name: string): string => path.join(folder, name);
const calibration = () => out('calibration.npz');
const prune = (...args: string[]) =>
  edgeCsi('prune', '--model', 'dualnet-mag-m8', '--calibration', calibration(), '--samples', '32', ...args);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  const seeded = ['--scenario', 'cost2100-indoor', '--environments', '40', '--samples', '320', '--seed', '5'];
  expect((await edgeCsi('simulate', ...seeded, '--out', calibration())).code).toBe(0);
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe('edge-csi prune', { timeout: 240_000 }, () => {
  it('makes smaller models, compares them, and other commands take them', async () => {
    const json = out('prune.json');
    const made = await prune('--delays', '8', '--weights', '8,4', '--out', out('zoo'), '--json', json);
    expect(made.stderr).toBe('');
    expect(made.stdout).toContain(path.join(out('zoo'), 'dualnet-mag-m8-d8-w4'));
    const { source, models, calibration: used } = JSON.parse(await readFile(json, 'utf8'));
    expect(used).toMatchObject({ data: 'calibration.npz', samples: 320 });
    expect(models).toHaveLength(2);
    for (const model of models) {
      expect(model.parameters).toBe(8 * 8 * 32 + 8);
      expect(model.accuracy.nmseDb).toBeLessThan(source.accuracy.nmseDb + 1);
      expect(model.latencyMs.micro.p50).toBeGreaterThan(0);
    }
    expect(models[1].bytes).toBeLessThan(models[0].bytes);

    const id = 'dualnet-mag-m8-d8-w4';
    const verified = await edgeCsi('models', 'verify', id, '--zoo', out('zoo'));
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const report = out('link.json');
    const link = ['link-run', '--zoo', out('zoo'), '--models', id, '--samples', '32', '--ues', '2', '--json', report];
    expect(await edgeCsi(...link)).toMatchObject({ code: 0 });
    const [run] = JSON.parse(await readFile(report, 'utf8')).runs;
    expect(run).toMatchObject({ model: id, reportsSent: 32 });
    expect(run.reportsDecoded).toBeGreaterThan(0);
  });

  it('leaves a model that exists as it is', async () => {
    const again = await prune('--delays', '8', '--weights', '4', '--out', out('zoo'), '--data', sampleData);
    expect(again.stderr).toMatch(/dualnet-mag-m8-d8-w4 exists: remove it, or name another --id or --out/);
    expect(again.code).toBe(2);
  });
});

describe('edge-csi models complete', { timeout: 240_000 }, () => {
  it('makes a model of two networks and a draft, and says what it cannot complete', async () => {
    const source = path.join(zooDirectory(), 'dualnet-mag-m8');
    const model = out('own/own-m8');
    await mkdir(model, { recursive: true });
    for (const name of ['encoder.onnx', 'decoder.onnx'])
      await copyFile(path.join(source, name), path.join(model, name));
    const complete = () => edgeCsi('models', 'complete', model, '--calibration', calibration());
    const absent = await complete();
    expect(absent.stderr).toContain(`model-invalid: ${path.join(model, 'manifest.json')}: not a readable JSON draft`);
    expect(absent.code).toBe(1);
    const { csi, normalization } = await readManifest(source);
    const draft = {
      ...{ schema: 'edge-csi/draft@1', id: 'own-m8', family: 'own', csi, normalization },
      ...{ codeword: { totalBits: 44 }, reportBits: 160, files: { encoder: 'encoder.onnx', decoder: 'absent.onnx' } },
    };
    const write = (changes: Partial<typeof draft>) =>
      writeFile(path.join(model, 'manifest.json'), JSON.stringify({ ...draft, ...changes }));
    await write({});
    expect((await complete()).stderr).toContain(`${path.join(model, 'absent.onnx')}: cannot be read`);
    await write({ files: { encoder: 'encoder.onnx', decoder: 'decoder.onnx' } });
    expect(await complete()).toMatchObject({ code: 0, stderr: '' });
    const verified = await edgeCsi('models', 'verify', 'own-m8', '--zoo', out('own'));
    expect(verified).toMatchObject({ code: 0, stderr: '' });
    const again = await complete();
    expect(again.stderr).toMatch(/model-invalid: manifest: schema: .*edge-csi\/draft@1/);
  });
});
