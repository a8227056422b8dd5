import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createPlanes } from '@edge-csi/csi/complex';
import { readManifest, zooDirectory } from '@edge-csi/models/disk';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFor, openData } from '../../../scripts/lab/src/data.ts';
import { readCalibration } from '../../../scripts/model-tools/src/complete/calibration.ts';
import { complexNetworks } from '../../unit/model-tools/complete/complex-networks.ts';
import { edgeCsi } from '../edge-csi-command.ts';

const id = 'csinet-m32';
const normalization = {
  kind: 'spherical',
  scale: { minDb: -60, stepDb: 0.375, bits: 8 },
  centre: 0.5,
  gain: 0.5,
} as const;
let folder: string;
const out = (name: string): string => path.join(folder, name);
const ours = () => ['--zoo', out('zoo'), '--models', id];
const result = async (name: string) => JSON.parse(await readFile(out(name), 'utf8'));

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'edge-csi-'));
  const seeded = ['--scenario', 'cost2100-indoor', '--environments', '30', '--samples', '240', '--seed', '5'];
  expect(await edgeCsi('simulate', ...seeded, '--out', out('calibration.npz'))).toMatchObject({ code: 0 });
  const { csi } = await readManifest(path.join(zooDirectory(), 'dualnet-mag-m16'));
  const source = await openData(dataFor({ csi }, { data: out('calibration.npz') }));
  const reading = { limit: 240, bands: 'downlink', onProgress: () => undefined } as const;
  const networks = complexNetworks(readCalibration(source, createPlanes(csi, normalization), reading).inputs, 32);
  await mkdir(out(`zoo/${id}`), { recursive: true });
  const files = { encoder: 'encoder.onnx', decoder: 'decoder.onnx' };
  for (const role of ['encoder', 'decoder'] as const) await writeFile(out(`zoo/${id}/${files[role]}`), networks[role]);
  const draft = {
    ...{ schema: 'edge-csi/draft@1', id, family: 'csinet', csi, planes: 'complex', normalization },
    ...{ codeword: { totalBits: 160 }, files },
  };
  await writeFile(out(`zoo/${id}/manifest.json`), JSON.stringify(draft));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe('networks of complex CSI', { timeout: 240_000 }, () => {
  it('are completed, verified and measured', async () => {
    const made = await edgeCsi('models', 'complete', out(`zoo/${id}`), '--calibration', out('calibration.npz'));
    expect(made).toMatchObject({ code: 0 });
    expect(made.stdout).toBe(`${id}: 32 components of 160 bits; the draft is a manifest now\n`);
    expect(await edgeCsi('models', 'verify', id, '--zoo', out('zoo'))).toMatchObject({ code: 0, stderr: '' });
    expect((await edgeCsi('models', 'list', '--zoo', out('zoo'))).stdout).toContain(id);

    const accuracy = await edgeCsi('bench', 'accuracy', ...ours(), '--samples', '32', '--json', out('accuracy.json'));
    expect(accuracy).toMatchObject({ code: 0 });
    const [measured] = (await result('accuracy.json')).runs;
    expect(measured).toMatchObject({ model: id, payloadBits: { mean: 168, codeword: 160, scale: 8 } });
    expect(measured.nmseDb).toBeLessThan(-1);

    const curve = ['--samples', '8', '--json', out('curve.json')];
    expect(await edgeCsi('bench', 'rate-distortion', ...ours(), ...curve)).toMatchObject({ code: 0 });
    const points = (await result('curve.json')).curve.filter(({ scheme }: { scheme: string }) => scheme === id);
    expect(points.length).toBeGreaterThan(1);
    const cheapest = points.map(({ bits }: { bits: number }) => bits);
    expect(Math.max(...cheapest)).toBe(168);
  });

  it('are looked into, layer by layer', async () => {
    const looking = ['--zoo', out('zoo'), '--model', id, '--samples', '4', '--json', out('look.json')];
    expect(await edgeCsi('visualize', 'statistics', ...looking)).toMatchObject({ code: 0 });
    const { layers } = await result('look.json');
    expect(layers.map(({ network, shape }: { network: string; shape: number[] }) => [network, shape])).toEqual([
      ['encoder', [32]],
      ['decoder', [2, 32, 32]],
    ]);
    expect(await edgeCsi('visualize', 'ablation', ...looking, '--no-channels')).toMatchObject({ code: 0 });
    // Whole, and as it is measured without its quantiser.
    expect((await result('look.json')).nmseDb).toBeLessThan(-1);
    const page = ['--zoo', out('zoo'), '--model', id, '--out', out('page.html')];
    expect((await edgeCsi('visualize', 'activations', ...page)).stdout).toContain('5 figures, 1 samples');
  });

  it('are carried over the link, and without a name where a zoo has nothing else', async () => {
    const link = ['--zoo', out('zoo'), '--samples', '4', '--ues', '2', '--period-ms', '20', '--json', out('link.json')];
    expect(await edgeCsi('link-run', ...link)).toMatchObject({ code: 0 });
    const [run, ...others] = (await result('link.json')).runs;
    expect(others).toEqual([]);
    expect(run).toMatchObject({ model: id, reportsSent: 4 });
    expect(run.reportsDecoded).toBeGreaterThan(0);
  });

  it('are refused by name where a command is for networks of magnitudes', async () => {
    for (const command of [
      ['embed', '--zoo', out('zoo'), '--model', id, '--out', out('embedded')],
      ['bench', 'dense', ...ours()],
      ['link-run', ...ours(), '--encoder', 'micro', '--samples', '4'],
    ]) {
      const { code, stderr } = await edgeCsi(...command);
      expect(code, command[0]).not.toBe(0);
      expect(stderr.trim().split('\n')).toHaveLength(1);
      expect(stderr).toContain(`${id} is a model of complex CSI`);
    }
  });
});
